// SPDX-License-Identifier: Apache-2.0
#include "harness/report/report.h"

#include <doctest/doctest.h>

#include <chrono>

#include "harness/arm_comparison.h"
#include "harness/report/assets.h"
#include "harness/report/markup.h"
#include "harness/report/section.h"
#include "harness/table_parts.h"
#include "tests/support/comparison_fixture.h"

namespace loom::report_test {
namespace {

using namespace loom::testing;
namespace fs = std::filesystem;

std::vector<std::string> payloads() {
  const std::string text = read_file(fs::path(LOOM_SOURCE_DIR) / "tests" / "report" / "payloads.txt");
  std::vector<std::string> out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

// A row of six scored seeds whose records hold all that a report shows.
void add_row(ResultFixture& fixture, const FixtureRow& row, const std::array<int, 6>& change, const std::string& word) {
  fixture.row(row);
  if (row.architecture == "specialists")
    fixture.last_row()["component"] = {{"name", "specialists"},
                                       {"birth", {{"name", "cold"}}},
                                       {"partition", {{"name", "domain"}}},
                                       {"combiner", {{"name", "router"}, {"mode", "soft"}, {"note", word}}}};
  const Json scores = {{"member_domain", {{0.9, 0.4}, {0.3, 0.8}}},
                       {"sample_oracle", {{"domain", {nullptr, nullptr}}, {"macro", 0.95}}},
                       {"solved_by_one", {{"domain", {nullptr, nullptr}}, {"macro", 0.5}}},
                       {"params", 4000}};
  const Json charge = {{"stage", word}, {"flops", 2e9}, {"samples", 1000}, {"participant", 0}, {"member", "m"}};
  const Json load = {{"load", {{0.75, 0.25}, {0.125, 0.875}}}, {"entropy", 0.5}, {"accuracy", 0.8}};
  for (size_t seed = 0; seed < 6; ++seed) {
    const int right = kRight[seed] + change[seed];
    Json more = {{"ledger", {charge}}, {"routing", load}, {"measured", {{"energy_reason", word}}}};
    if (row.architecture == "specialists") more["member_scores"] = scores, more["members"] = {"m", "n"};
    fixture.ok(right_cells(right - right / 2, right / 2), 0.8, more);
  }
}

// A results folder in which everything that a config or a suite names is `name(i)`, each with another i.
fs::path study_of_names(const fs::path& folder, const std::function<std::string(size_t)>& name) {
  ResultFixture fixture(folder);
  size_t next = 0;
  const auto fresh = [&] { return name(next++); };
  const std::string suite = fresh(), dense = fresh();
  fixture.suite(suite, "accuracy", 6);
  fixture.suites()[suite]["domains"] = {fresh(), fresh()};
  fixture.suites()[suite]["licence"] = fresh();
  fixture.suites()[suite]["source"] = fresh();
  fixture.experiment()["suites"][0]["reference"]["label"] = dense;
  fixture.experiment()["name"] = fresh();
  const std::string word = fresh();
  Json timings = Json::object();
  for (const char* column : {"free", "serving"}) {
    add_row(fixture, {.arm = dense, .column = column, .suite = suite}, {0, 0, 0, 0, 0, 0}, word);
    timings[fixture.last_row()["trials"][0].get<std::string>()] = timed(41e-6, 93e-6);
    const std::array<const char*, 6> families = {"fabric", "fabric", "monolith", "fabric", "fabric", "fabric"};
    for (size_t i = 0; i < families.size(); ++i)
      add_row(fixture,
              {.arm = fresh(),
               .architecture = "specialists",
               .family = families[i],
               .role = i < 3   ? "arm"
                       : i < 5 ? "null"
                               : "reference",
               .column = column,
               .suite = suite},
              {1, 2, 3, 2, 1, 0}, word);
    fixture.row({.arm = fresh(), .column = column, .suite = suite, .status = "rejected", .reason = fresh()});
    fixture.row({.arm = fresh(), .column = column, .suite = suite});
    for (int seed = 0; seed < 6; ++seed) fixture.failed("timeout", fresh());
  }
  fixture.latency("s1", timings);
  return fixture.finish();
}

// Names of tags and of their attributes, as a browser would find them; what stands in scripts and styles is passed
// over.
std::vector<std::string> tags(std::string_view page) {
  std::vector<std::string> out;
  const auto letters = [&](size_t& at) {
    const size_t begin = at;
    while (at < page.size() && std::string_view(" \n\t/>=\"'").find(page[at]) == std::string_view::npos) ++at;
    return std::string(page.substr(begin, at - begin));
  };
  for (size_t at = page.find('<'); at != std::string_view::npos; at = page.find('<', at)) {
    const size_t begin = at;
    const bool closing = page[++at] == '/';
    at += closing ? 1 : 0;
    std::string tag = (closing ? "/" : "") + letters(at);
    while (at < page.size() && page[at] != '>') {
      if (page[at] == '"' || page[at] == '\'') {
        at = page.find(page[at], at + 1) + 1;
        REQUIRE(at != 0);
      } else if (const std::string attribute = letters(at); !attribute.empty()) {
        tag += " " + attribute;
      } else {
        ++at;
      }
    }
    out.push_back(tag);
    for (const char* raw : {"script", "style"})
      if (page.substr(begin + 1).starts_with(raw)) at = page.find("</" + std::string(raw), at);
  }
  return out;
}

std::string page_of(const fs::path& folder) { return report_page(load_results(folder), "demo"); }

TEST_CASE("[report] hostile names add no tag and no attribute to the page") {
  const std::vector<std::string> hostile = payloads();
  REQUIRE(hostile.size() == 40);
  const ScratchFolder scratch;
  const auto name = [](size_t i) { return "name " + std::to_string(i); };
  const std::vector<std::string> tame = tags(page_of(study_of_names(scratch.path() / "tame", name)));
  REQUIRE(tame.size() > 300);
  CHECK(std::ranges::count(tame, "script nonce") == 5);
  for (const size_t shift : {0, 7, 14, 21, 28, 35}) {
    const auto payload = [&](size_t i) { return hostile[(i + shift) % hostile.size()] + std::to_string(i); };
    const std::string page = page_of(study_of_names(scratch.path() / ("hostile" + std::to_string(shift)), payload));
    CHECK(tags(page) == tame);
  }
}

TEST_CASE("[report] the witness of the escaping test sees a tag and an attribute that were let through") {
  CHECK(tags("<p>a</p>") == std::vector<std::string>{"p", "/p"});
  CHECK(tags("<p><b>a</b></p>") != tags("<p>a</p>"));
  CHECK(tags("<p title=\"\" onclick=\"x\">") == std::vector<std::string>{"p title onclick"});
  CHECK(tags("<script>a</script><script>b</script>").size() == 4);
}

TEST_CASE("[report] text is escaped, and read back by hand it is the same") {
  for (const std::string& payload : payloads()) {
    std::string text = report::escaped(payload).text();
    CHECK(text.find_first_of("<>\"'") == std::string::npos);
    for (const auto& [entity, plain] :
         {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}})
      for (size_t at = text.find(entity); at != std::string::npos; at = text.find(entity, at + 1))
        text.replace(at, std::string(entity).size(), plain);
    CHECK(text == payload);
  }
  CHECK(report::escaped("a\x1b[0m\xff\x7f").text() == "a?[0m??");
  CHECK(report::html("<b>{}</b>{}", "<", report::html("<i>{}</i>", 3)).text() == "<b>&lt;</b><i>3</i>");
}

TEST_CASE("[report] JSON in a script can end no element, and reads back to the same value") {
  for (const std::string& payload : payloads()) {
    const Json value = {{payload, {payload, 1.5, nullptr}}};
    const std::string text = report::script_json(value);
    CHECK(text.find_first_of("<>&") == std::string::npos);
    CHECK(parse_json(text, "script") == value);
  }
  CHECK(report::script_json("\u2028\xff").find_first_not_of("\"\\ufd2028") == std::string::npos);
}

TEST_CASE("[report] the embedded programs end neither their element nor start a comment") {
  for (const auto program : {report::assets::vega(), report::assets::vega_lite(), report::assets::vega_embed(),
                             report::assets::charts(), report::assets::page()}) {
    CHECK(program.size() > 1000);
    CHECK(program.find("</script") == std::string_view::npos);
    CHECK(program.find("<!--") == std::string_view::npos);
  }
  CHECK(report::assets::style().find("</style") == std::string_view::npos);
  CHECK(report::assets::style().find("url(") == std::string_view::npos);
}

TEST_CASE("[report] every number of the table stands in the page, without any script") {
  const ScratchFolder scratch;
  const fs::path folder = study_of_names(scratch.path() / "demo", [](size_t i) { return "name " + std::to_string(i); });
  const std::string page = page_of(folder);
  const std::string plain = page.substr(0, page.find("<script type"));
  const Table table = make_table(load_results(folder));
  size_t cells = 0;
  for (const ComparedBlock& block : table.blocks) {
    for (const bool by_domain : {false, true})
      for (const auto& line : table_parts::grid(block, by_domain).lines)
        for (size_t i = 1; i < line.cells.size(); ++i, ++cells) {
          CAPTURE(line.cells[i]);
          CHECK(plain.find(">" + report::escaped(line.cells[i]).text() + "<") != std::string::npos);
        }
    CHECK(plain.find(report::escaped(table_parts::headline_text(block)).text()) != std::string::npos);
  }
  CHECK(cells > 100);
}

TEST_CASE("[report] differences to the reference are those of loom compare, domain by domain") {
  const ScratchFolder scratch;
  for (const char* metric : {"accuracy", "bits_per_byte"}) {
    ResultFixture fixture(scratch.path() / metric);
    fixture.suite("two", metric, 6);
    const bool bits = std::string(metric) == "bits_per_byte";
    for (int arm = 0; arm < 3; ++arm) {
      fixture.row({.arm = arm == 0 ? "dense" : "arm " + std::to_string(arm)});
      for (int seed = 0; seed < (arm == 2 ? 5 : 6); ++seed) {
        const int right = 10 + arm * 2 + seed % 3;
        fixture.ok(bits ? bit_cells(2.0 - 0.1 * arm + 0.01 * (seed % 3)) : right_cells(right, 8 - arm + seed % 2), 0.8);
      }
    }
    fixture.open();
    const ResultStore store = load_results(fixture.finish());
    const report::Study study = report::study(store, "demo");
    const ComparedBlock& block = study.table.blocks.at(0);
    CHECK(report::reference_arm(study, block) == "dense");
    for (const ComparedRow& row : block.rows) {
      const report::Difference* found = report::against_reference(study, block, row);
      REQUIRE((found == nullptr) == (row.plan.arm == "dense"));
      if (found == nullptr) continue;
      const ArmCell cell = compare_arms(store, "dense", row.plan.arm).cells.at(0);
      CHECK(found->pairs == cell.pairs);
      CHECK(found->mean == doctest::Approx(cell.difference));
      CHECK(found->interval->low == doctest::Approx(cell.interval->low));
      for (size_t d = 0; d < 2; ++d) {
        CHECK(found->domain[d] == doctest::Approx(cell.domains[d].difference));
        CHECK(found->domain_interval[d]->low == doctest::Approx(cell.domains[d].interval->low));
        CHECK(found->domain_interval[d]->high == doctest::Approx(cell.domains[d].interval->high));
      }
    }
  }
}

TEST_CASE("[report] a learning curve adds up its seed model and then its members, by hand") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 6).row(kFabric);
  const auto charge = [](const char* stage, const char* member, double flops) {
    return Json{{"stage", stage}, {"member", member}, {"flops", flops}, {"samples", 1}, {"participant", 0}};
  };
  const Json ledger = {charge("seed", "s", 1000), charge("members", "a", 600), charge("members", "b", 400)};
  std::vector<std::string> ids;
  for (int seed = 0; seed < 6; ++seed) ids.push_back(fixture.ok(right_cells(10, 10), 0.8, {{"ledger", ledger}}));
  std::string lines;
  const auto pass = [&](const char* member, int step, double loss) {
    lines += Json{{"member", member}, {"step", step}, {"validation_loss", loss}}.dump() + "\n";
  };
  pass("s", 5, 2), pass("s", 10, 1);
  pass("a", 10, 0.75), pass("a", 20, 0.5), pass("b", 20, 0.5), pass("b", 40, 0.25);
  for (const std::string& id : ids) write_file_atomic(fixture.folder() / "trials" / id / "metrics.jsonl", lines);
  const std::string page = page_of(fixture.finish());
  const auto row = [](const char* number, const char* steps, const char* flops, const char* loss) {
    return report::html("<td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", number, steps, flops, loss).text();
  };
  CHECK(page.find(row("1", "5", "500", "2.0000")) != std::string::npos);
  CHECK(page.find(row("2", "10", "1.00k", "1.0000")) != std::string::npos);
  CHECK(page.find(row("3", "40", "1.50k", ".6250")) != std::string::npos);
  CHECK(page.find(row("4", "70", "2.00k", ".3750")) != std::string::npos);
}

TEST_CASE("[report] the command that reproduces a page names the lock where it lies, as a shell takes it") {
  const ScratchFolder scratch;
  const auto name = [](size_t i) { return "name " + std::to_string(i); };
  const auto shown = [](const fs::path& folder, const std::string& called) {
    const std::string page = report_page(load_results(folder), called), mark = "<code id=\"command\">";
    const size_t begin = page.find(mark) + mark.size();
    return page.substr(begin, page.find("</code>", begin) - begin);
  };
  const fs::path plain = study_of_names(scratch.path() / "demo", name);
  CHECK(shown(plain, "demo") == "loom run " + plain.string() + "/lock.yaml");
  CHECK(shown(plain, plain.string()) == shown(plain, "demo"));
  const fs::path odd = study_of_names(scratch.path() / "it's here", name);
  CHECK(shown(odd, "x") ==
        report::escaped("loom run '" + scratch.path().string() + "/it'\\''s here/lock.yaml'").text());
  const fs::path before = fs::current_path();
  fs::current_path(scratch.path());
  const std::string relative = shown("demo", "demo"), below = shown(plain, "demo");
  fs::current_path(before);
  CHECK(relative == "loom run demo/lock.yaml");
  CHECK(below == "loom run demo/lock.yaml");
}

TEST_CASE("[report] 500 trials give a page under 2 MB in about a second") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "large");
  for (const char* suite : {"one", "two", "three"}) fixture.suite(suite, "accuracy", 6);
  int trials = 0;
  for (const char* suite : {"one", "two", "three"})
    for (const char* column : {"free", "serving", "memory"})
      for (int arm = 0; arm < 10; ++arm, trials += 6) {
        const bool dense = arm == 0;
        add_row(fixture,
                {.arm = dense ? "dense" : "a fabric of specialists with settings, number " + std::to_string(arm),
                 .architecture = dense ? "dense" : "specialists",
                 .family = dense ? "monolith" : "fabric",
                 .role = arm < 6 ? "arm" : "null",
                 .column = column,
                 .suite = suite},
                {arm % 3, 1, 2, arm % 5, 1, 0}, "members");
      }
  CHECK(trials == 540);
  const fs::path folder = fixture.finish();
  const auto begin = std::chrono::steady_clock::now();
  const std::string page = page_of(folder);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  CHECK(page.size() < 2'000'000);
  CHECK(seconds < 5);  // about one on an idle machine
  MESSAGE(page.size() << " bytes in " << seconds << " s");
}

TEST_CASE("[report] calls' times are drawn as a distribution where a session kept them, and a map where there is one") {
  const ScratchFolder scratch;
  const auto name = [](size_t i) { return "name " + std::to_string(i); };
  const fs::path folder = study_of_names(scratch.path() / "old", name);
  CHECK(page_of(folder).find("\"ecdf\"") == std::string::npos);
  const fs::path file = folder / "latency" / "s1" / "record.json";
  Json record = parse_json(read_file(file), "record");
  for (auto& [trial, entry] : record["trials"].items())
    for (auto& [batch, times] : entry["batches"].items()) times["quantiles_s"] = {40e-6, 41e-6, 93e-6};
  write_file_atomic(file, record.dump());
  const std::string page = page_of(folder);
  CHECK(page.find("\"ecdf\"") != std::string::npos);
  CHECK(page.find("\"seconds\":[4e-05,4.1e-05,9.3e-05]") != std::string::npos);
}

}  // namespace
}  // namespace loom::report_test
