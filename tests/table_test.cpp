// SPDX-License-Identifier: Apache-2.0
#include "harness/table.h"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <sstream>

#include "harness/table_parts.h"
#include "harness/text_numbers.h"
#include "harness/utf8.h"
#include "tests/support/result_fixture.h"

namespace loom::table_test {
namespace {

using namespace loom::testing;
namespace fs = std::filesystem;

constexpr std::array<int, 6> kRight = {30, 31, 32, 31, 30, 32};  // of 40 items, by seed

std::string add_arm(ResultFixture& fixture, const FixtureRow& row, int change, double validation) {
  std::string first;
  fixture.row(row);
  for (size_t seed = 0; seed < 6; ++seed) {
    const int right = kRight[seed] + change + static_cast<int>(seed) % 2;
    const std::string id = fixture.ok(right_cells(right - right / 2, right / 2), validation);
    if (seed == 0) first = id;
  }
  return first;
}

// One of everything a table can show.
fs::path everything(const fs::path& folder) {
  ResultFixture fixture(folder);
  fixture.suite("two", "accuracy", 6).suite("bytes", "bits_per_byte", 2);
  const std::string dense = add_arm(fixture, {.arm = "dense"}, 0, 0.8);
  const std::string fabric =
      add_arm(fixture, {.arm = "specialists cold router", .architecture = "specialists", .family = "fabric"}, 4, 0.9);
  add_arm(fixture, {.arm = "sparse_moe", .architecture = "sparse_moe", .family = "fabric"}, 3, 0.85);
  fixture.row({.arm = "fragile"});
  for (int seed = 0; seed < 4; ++seed) fixture.ok(right_cells(15, 14 - seed), 0.7, {{"undertrained", true}});
  fixture.diverged("a score is not finite");
  fixture.open();
  fixture.row({.arm = "broken", .architecture = "soft_moe", .family = "fabric"});
  for (int seed = 0; seed < 6; ++seed) fixture.failed("timeout", "ran 60 s\nand more");
  fixture.row({.arm = "too big",
               .architecture = "specialists",
               .family = "fabric",
               .status = "rejected",
               .reason = "the smallest member is too large; nearest solvable: 4 parts"});
  add_arm(fixture,
          {.arm = "oracle", .architecture = "specialists", .family = "fabric", .role = "reference", .level = "domain"},
          6, 0.95);
  add_arm(fixture, {.arm = "random_router cold", .architecture = "specialists", .family = "fabric", .role = "null"}, -9,
          0.5);
  fixture.row({.arm = "dense", .column = "memory", .suite = "bytes"});
  for (const double bits : {2.0, 2.1}) fixture.ok(bit_cells(bits), bits);
  fixture.row(
      {.arm = "specialists", .architecture = "specialists", .family = "fabric", .column = "memory", .suite = "bytes"});
  fixture.open();
  fixture.open();
  fixture.latency("s1", {{dense, timed(41e-6, 93e-6)}, {fabric, timed(1.23e-3, nullptr, true)}});
  return fixture.finish();
}

Table table_of_everything(const ScratchFolder& scratch) {
  return make_table(load_results(everything(scratch.path() / "demo")));
}

Json rows_of(const Table& table, bool by_domain = false) {
  return parse_json(render(table, {.format = Format::json, .by_domain = by_domain}), "table");
}

const Json& find(const Json& rows, const std::string& arm) {
  for (const Json& row : rows)
    if (row.at("arm") == arm) return row;
  FAIL("no row of " << arm);
  return rows;
}

bool golden_update() {
  const char* wanted = std::getenv("LOOM_UPDATE_GOLDEN");
  return wanted != nullptr && std::string(wanted) == "1";
}

void check_golden(const std::string& name, const std::string& text) {
  const fs::path file = fs::path(LOOM_SOURCE_DIR) / "tests" / "golden" / name;
  CAPTURE(name);
  if (golden_update()) write_file_atomic(file, text);
  REQUIRE(fs::exists(file));
  CHECK(text == read_file(file));
}

TEST_CASE("[table] text, Markdown and domains read as recorded") {
  const ScratchFolder scratch;
  const Table table = table_of_everything(scratch);
  check_golden("table.txt", render(table, {}));
  check_golden("table_by_domain.txt", render(table, {.by_domain = true}));
  check_golden("table.md", render(table, {.format = Format::md}));
}

TEST_CASE("[table] every JSON row has exactly the public keys, whatever its status") {
  const ScratchFolder scratch;
  const std::set<std::string> keys = {"suite",
                                      "arm",
                                      "architecture",
                                      "family",
                                      "column",
                                      "information_level",
                                      "role",
                                      "seeds",
                                      "seeds_failed",
                                      "metric",
                                      "higher_is_better",
                                      "score",
                                      "score_ci_low",
                                      "score_ci_high",
                                      "worst_domain_score",
                                      "nll",
                                      "ece",
                                      "params_total",
                                      "params_active",
                                      "train_flops",
                                      "infer_flops",
                                      "ratio_train_flops",
                                      "ratio_infer_flops",
                                      "ratio_params",
                                      "ratio_samples",
                                      "train_cpu_s",
                                      "peak_memory_bytes",
                                      "latency_p50_s",
                                      "latency_p99_s",
                                      "flags",
                                      "status"};
  const Json rows = rows_of(table_of_everything(scratch));
  CHECK(rows.size() == 10);
  std::set<std::string> statuses;
  for (const Json& row : rows) {
    std::set<std::string> found;
    for (const auto& item : row.items()) found.insert(item.key());
    CHECK(found == keys);
    CHECK(row.at("flags").is_array());
    statuses.insert(row.at("status").is_null() ? "null" : row.at("status").get<std::string>());
  }
  CHECK(statuses == std::set<std::string>{"ok", "rejected", "timeout", "null"});
}

TEST_CASE("[table] JSON numbers are unrounded and null where there is none") {
  const ScratchFolder scratch;
  const Json rows = rows_of(table_of_everything(scratch));
  const Json& dense = find(rows, "dense");
  CHECK(dense.at("score").get<double>() == doctest::Approx((30 + 31 + 32 + 31 + 30 + 32 + 3) / 240.0).epsilon(1e-12));
  CHECK(dense.at("latency_p50_s") == 41e-6);
  CHECK(dense.at("latency_p99_s") == 93e-6);
  CHECK(dense.at("params_total") == 5000);
  CHECK(dense.at("train_cpu_s") == 2.5);
  CHECK(find(rows, "specialists cold router").at("latency_p99_s").is_null());
  CHECK(find(rows, "sparse_moe").at("latency_p50_s").is_null());
  for (const char* key : {"score", "score_ci_low", "params_total", "ratio_params", "train_cpu_s"}) {
    CHECK(find(rows, "too big").at(key).is_null());
  }
  CHECK(find(rows, "too big").at("status") == "rejected");
  CHECK(find(rows, "fragile").at("seeds") == 4);
  CHECK(find(rows, "fragile").at("seeds_failed") == 1);
}

TEST_CASE("[table] by domain, a share of items has its exact interval, and bits have none") {
  const ScratchFolder scratch;
  bool shares = false, bits = false;
  for (const Json& row : rows_of(table_of_everything(scratch), true)) {
    if (row.at("suite") == "bytes") {
      bits = true;
      CHECK(row.at("items").is_null());
      CHECK(row.at("exact_low").is_null());
    } else if (row.at("score").is_number()) {
      shares = true;
      CHECK(row.at("items") == kGroups);  // an item each
      CHECK(row.at("exact_low").get<double>() < row.at("score").get<double>());
      CHECK(row.at("exact_high").get<double>() > row.at("score").get<double>());
    } else {
      CHECK(row.at("exact_high").is_null());
    }
  }
  CHECK(shares);
  CHECK(bits);
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) out.push_back(part);
  return out;
}

TEST_CASE("[table] CSV says what JSON says") {
  const ScratchFolder scratch;
  const Table table = table_of_everything(scratch);
  const Json rows = rows_of(table);
  const auto lines = split(render(table, {.format = Format::csv}), '\n');
  REQUIRE(lines.size() == rows.size() + 1);
  const auto header = split(lines[0], ',');
  REQUIRE(header.size() == json_keys().size());
  for (size_t i = 0; i < rows.size(); ++i) {
    auto fields = split(lines[i + 1], ',');
    fields.resize(header.size());  // an empty last field is no part
    for (size_t k = 0; k < header.size(); ++k) {
      const Json& value = rows[i].at(header[k]);
      if (value.is_string()) CHECK(fields[k] == value.get<std::string>());
      if (value.is_null()) CHECK(fields[k].empty());
      if (value.is_number()) CHECK(parse_number(fields[k]).value() == value.get<double>());
    }
  }
}

// Two arms of two seeds; the second arm's test has nothing held out.
Table with_rejection(const ScratchFolder& scratch) {
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 2).suite("plain", "accuracy", 1);
  fixture.row({.arm = "dense"});
  for (const double auroc : {0.75, 0.875})
    fixture.ok(right_cells(10, 10), 0.5, {{"scores", {{"test", {{"rejection_auroc", auroc}}}}}});
  fixture.row({.arm = "dense", .suite = "plain"});
  fixture.ok(right_cells(10, 10), 0.5);
  return make_table(load_results(fixture.finish()));
}

TEST_CASE("[table] how well a held-out domain is told apart has a column where the test asks for it, and only there") {
  const ScratchFolder scratch;
  const Table table = with_rejection(scratch);
  const std::string markdown = render(table, {.format = Format::md});
  CHECK(markdown.find("| arm | score | worst | rejection | params |") != std::string::npos);
  CHECK(markdown.find("| arm | score | worst | params |") != std::string::npos);  // of the other suite
  CHECK(render(table, {}).find("rejection: area under the ROC curve") != std::string::npos);
  CHECK(render(table_of_everything(ScratchFolder()), {}).find("rejection") == std::string::npos);
  const Json rows = rows_of(table);
  CHECK(rows.at(0).size() == json_keys().size() + 1);
  CHECK(rows.at(0).at("rejection_auroc") == 0.8125);
  CHECK(rows.at(1).at("rejection_auroc").is_null());
  const auto lines = split(render(table, {.format = Format::csv}), '\n');
  CHECK(lines.at(0).ends_with(",status,rejection_auroc"));
  CHECK(lines.at(1).ends_with(",ok,0.8125"));
  CHECK(lines.at(2).ends_with(",ok,"));
}

TEST_CASE("[table] a CSV field with commas or quotes is quoted") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 1).row({.arm = "a \"b\", c"});
  fixture.ok(right_cells(10, 10), 0.5);
  const std::string csv = render(make_table(load_results(fixture.finish())), {.format = Format::csv});
  CHECK(csv.find("two,\"a \"\"b\"\", c\",dense") != std::string::npos);
}

TEST_CASE("[table] by domain, JSON has a row per arm and domain") {
  const ScratchFolder scratch;
  const Json rows = rows_of(table_of_everything(scratch), true);
  CHECK(rows.size() == 20);
  CHECK(rows[0].at("domain") == "left");
  CHECK(rows[1].at("domain") == "right");
}

TEST_CASE("[table] ANSI sequences appear only when asked for and move no column") {
  const ScratchFolder scratch;
  const Table table = table_of_everything(scratch);
  const std::string plain = render(table, {}), coloured = render(table, {.colour = true});
  CHECK(plain.find('\033') == std::string::npos);
  CHECK(coloured.find("\033[1m") != std::string::npos);
  std::string stripped = coloured;
  for (const std::string& code : {std::string("\033[1m"), std::string("\033[0m")})
    for (size_t at = stripped.find(code); at != std::string::npos; at = stripped.find(code))
      stripped.erase(at, code.size());
  CHECK(stripped == plain);
}

TEST_CASE("[table] no line is wider than asked") {
  const ScratchFolder scratch;
  const Table table = table_of_everything(scratch);
  for (const size_t width : {size_t{150}, size_t{130}})
    for (const std::string& line : split(render(table, {.width = width}), '\n')) CHECK(character_count(line) <= width);
}

TEST_CASE("[table] control characters of a config or a message do not reach the terminal") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 1).row({.arm = "bad\033[31m", .status = "rejected", .reason = "\033]0;x\a"});
  const std::string text = render(make_table(load_results(fixture.finish())), {});
  CHECK(text.find('\033') == std::string::npos);
  CHECK(text.find('\a') == std::string::npos);
}

TEST_CASE("[table] numbers as people read them") {
  using namespace table_parts;
  CHECK(decimal(0.9124, 3) == ".912");
  CHECK(decimal(-0.0031, 3) == "-.003");
  CHECK(decimal(-0.0001, 3) == ".000");
  CHECK(decimal(1.25, 2) == "1.25");
  CHECK(decimal(kUnknown, 2) == "-");
  CHECK(signed_decimal(0.02, 2) == "+.02");
  CHECK(signed_decimal(-0.02, 2) == "-.02");
  CHECK(count_text(999) == "999");
  CHECK(count_text(12345) == "12.3k");
  CHECK(count_text(999600) == "1.00M");
  CHECK(seconds_text(41e-6) == "41.0 µs");
  CHECK(seconds_text(1.234e-3) == "1.23 ms");
  CHECK(seconds_text(125) == "125 s");
  CHECK(seconds_text(0) == "0 s");
  CHECK(probability_text(0.03125) == ".031");
  CHECK(probability_text(1e-6) == "<.001");
  CHECK(probability_text(1) == "1");
}

TEST_CASE("[table] the appendix names the experiment's own numbers") {
  const ScratchFolder scratch;
  const std::string text = protocol(load_results(everything(scratch.path() / "demo")));
  // C = train FLOPs / ratio = 2.02e9 / 1.01
  for (const char* part : {"two: 6 seeds", "bytes: 2 seeds", "C = 2e+09 FLOPs", "test of 40 items in 2 domains",
                           "Intervals at 95 %", "tolerance 2 %", "columns serving", "columns memory"}) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
}

TEST_CASE("[table] a verdict over streams says so where they delete a domain, and only there") {
  const auto said = [](const Json& component) {
    ComparedBlock block;
    block.headline.emplace();
    block.rows.resize(2);
    block.rows[1].plan.component = component;
    return table_parts::headline_text(block).find("table --stream judges") != std::string::npos;
  };
  CHECK(said({{"name", "stream_monolith"}, {"events", "add 0, add 1, delete 0"}}));
  CHECK_FALSE(said({{"name", "stream_monolith"}, {"events", "add 0, add 1"}}));
  CHECK_FALSE(said({{"name", "stream_monolith"}, {"events", nullptr}}));
  CHECK_FALSE(said({{"name", "dense"}}));
}

}  // namespace
}  // namespace loom::table_test
