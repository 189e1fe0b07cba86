// SPDX-License-Identifier: Apache-2.0
#include "harness/claims.h"

#include <doctest/doctest.h>

#include <array>
#include <functional>

#include "harness/claim_registry.h"
#include "harness/error.h"
#include "tests/support/result_fixture.h"

namespace loom::claims_test {
namespace {

using namespace loom::testing;
namespace fs = std::filesystem;

constexpr int kBase = 12;  // right of 40 items, every seed of the arm to beat
using Changes = std::array<int, 10>;
constexpr Changes kBetter = {10, 11, 12, 10, 11, 12, 10, 11, 12, 10};
constexpr Changes kSame = {};

void add_arm(ResultFixture& fixture, const FixtureRow& row, const Changes& change, double validation = 0.5) {
  fixture.row(row);
  for (const int more : change) {
    const int right = kBase + more;
    fixture.ok(right_cells(right - right / 2, right / 2), validation);
  }
}

const FixtureRow kFabric = {.arm = "fabric", .architecture = "specialists", .family = "fabric"};

FixtureRow in_column(FixtureRow row, const std::string& column) {
  row.column = column;
  return row;
}

FixtureRow in_suite(FixtureRow row, const std::string& suite) {
  row.suite = suite;
  return row;
}

Claim claim(const std::string& id, const std::string& family = "ARCH") {
  return {.id = id,
          .question = "Is the fabric better?",
          .suites = {"two"},
          .columns = {"serving"},
          .better = {.arm = "fabric", .family = {}},
          .than = {.arm = "dense", .family = {}},
          .margin = 0.01,
          .family = family,
          .seeds = 10};
}

// Stated in the config and, unless late, registered before the first record.
void state(ResultFixture& fixture, const std::vector<Claim>& claims) {
  fixture.experiment()["claims"] = Json::array();
  for (const Claim& one : claims) fixture.experiment()["claims"].push_back(to_json(one));
  register_claims(claims, fixture.folder(), {}, fixture.experiment());
}

std::vector<JudgedClaim> judged(ResultFixture& fixture) { return judge_claims(load_results(fixture.finish())); }

JudgedClaim judged_pair(const Claim& one, const Changes& change) {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 10);
  state(fixture, {one});
  add_arm(fixture, {.arm = "dense"}, kSame);
  add_arm(fixture, kFabric, change);
  const auto out = judged(fixture);
  REQUIRE(out.size() == 1);
  return out[0];
}

TEST_CASE("[claims] a clear effect is supported strongly, with n, theta and p of its pairs") {
  const JudgedClaim out = judged_pair(claim("a"), kBetter);
  CHECK(out.registered);
  CHECK(out.verdict.verdict == Verdict::supported);
  REQUIRE(out.cells.size() == 1);
  const ClaimCell& cell = out.cells[0];
  CHECK(cell.pairs == 10);
  CHECK(cell.theta == doctest::Approx(109 / 400.0));
  CHECK(cell.p == 2 / 1024.0);
  CHECK(cell.p_adjusted == 2 / 1024.0);
  CHECK(cell.margin == 0.01);
  CHECK(cell.verdict.strong);
}

TEST_CASE("[claims] swapping the sides flips the signs and the word") {
  Claim swapped = claim("a");
  std::swap(swapped.better, swapped.than);
  const JudgedClaim forth = judged_pair(claim("a"), kBetter), back = judged_pair(swapped, kBetter);
  CHECK(back.verdict.verdict == Verdict::reversed);
  CHECK(back.cells[0].theta == -forth.cells[0].theta);
  CHECK(back.cells[0].interval->low == doctest::Approx(-forth.cells[0].interval->high));
  CHECK(back.cells[0].interval->high == doctest::Approx(-forth.cells[0].interval->low));
  CHECK(back.cells[0].p == forth.cells[0].p);
}

TEST_CASE("[claims] equal arms tie, noisy ones are undecided with the pairs it takes") {
  CHECK(judged_pair(claim("a"), kSame).verdict.verdict == Verdict::tied);
  Claim wide = claim("a");
  wide.margin = 0.1;
  const JudgedClaim noisy = judged_pair(wide, {8, -8, 6, -6, 7, -7, 5, -5, 6, -6});
  CHECK(noisy.verdict.verdict == Verdict::undecided);
  REQUIRE(noisy.cells[0].needed);
  CHECK(*noisy.cells[0].needed > 10);
  REQUIRE(noisy.cells[0].needed_tie);
  CHECK(*noisy.cells[0].needed_tie > 10);
}

TEST_CASE("[claims] fewer pairs than promised decide nothing; a family of claims asks for ten at least") {
  Claim more = claim("a");
  more.seeds = 11;
  const JudgedClaim out = judged_pair(more, kBetter);
  CHECK(out.verdict.verdict == Verdict::undecided);
  CHECK(out.cells[0].needed == 11);
  const auto six_seeds = [](const std::string& family) {
    const ScratchFolder scratch;
    ResultFixture fixture(scratch.path() / "demo");
    fixture.suite("two", "accuracy", 6);
    Claim six = claim("six", family);
    six.seeds = 6;
    state(fixture, {six});
    for (const int change : {0, 11}) {
      fixture.row(change == 0 ? FixtureRow{.arm = "dense"} : kFabric);
      for (int seed = 0; seed < 6; ++seed) fixture.ok(right_cells(6 + change / 2 + seed % 2, 6 + change / 2), 0.5);
    }
    return judged(fixture)[0];
  };
  CHECK(six_seeds("ARCH").verdict.verdict == Verdict::undecided);
  CHECK(six_seeds("ARCH").cells[0].needed == 10);
  CHECK(six_seeds("").verdict.verdict == Verdict::supported);
}

// Both domains alike and every seed the same: 6 groups lost, 7 won. One seed more changes nothing, a group more does.
TEST_CASE("[claims] where the test groups alone leave the interval too wide, more of them are asked for, not seeds") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 10);
  state(fixture, {claim("a")});
  add_arm(fixture, {.arm = "dense"}, kSame);
  fixture.row(kFabric);
  std::vector<Scores::Cell> cells = right_cells(13, 13);
  for (Scores::Cell& cell : cells)
    if (cell.group % kGroups < 6) cell.sum = 0;
  for (int seed = 0; seed < 10; ++seed) fixture.ok(cells, 0.5);
  const auto out = judged(fixture);
  const ClaimCell& cell = out[0].cells[0];
  CHECK(cell.theta == doctest::Approx(2 / 40.0));
  CHECK(cell.verdict.verdict == Verdict::undecided);
  CHECK(cell.more_groups);
  CHECK_FALSE(cell.needed);
  CHECK_FALSE(cell.needed_tie);
  const std::string text = claims_text(out);
  CHECK(text.find("UNDECIDED, more groups\n") != text.npos);
  CHECK(text.find("more test groups, not seeds, would decide there") != text.npos);
  CHECK(claims_json(out)[0].at("cells")[0].at("more_groups") == true);
}

// Of 2^10 signs, those at least as extreme: all equal (2); the small one either way (4); two small ones (8).
TEST_CASE("[claims] Holm goes over every cell of a family of claims, and over no other") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 10);
  Claim first = claim("first"), second = claim("second"), alone = claim("alone", "OPEN"), free = claim("free", "");
  first.columns = {"serving", "memory"};
  second.columns = alone.columns = free.columns = {"free"};
  state(fixture, {first, second, alone, free});
  const std::array<std::pair<const char*, Changes>, 3> columns = {{{"serving", {9, 9, 9, 9, 9, 9, 9, 9, 9, 9}},
                                                                   {"memory", {9, 9, 9, 9, 9, 9, 9, 9, 9, -1}},
                                                                   {"free", {9, 9, 9, 9, 9, 9, 9, 9, -1, -1}}}};
  for (const auto& [column, change] : columns) {
    add_arm(fixture, in_column({.arm = "dense"}, column), kSame);
    add_arm(fixture, in_column(kFabric, column), change);
  }
  const auto out = judged(fixture);
  REQUIRE(out.size() == 4);
  REQUIRE(out[0].cells.size() == 2);
  CHECK(out[0].cells[0].p == 2 / 1024.0);
  CHECK(out[0].cells[1].p == 4 / 1024.0);
  CHECK(out[1].cells[0].p == 8 / 1024.0);
  CHECK(out[0].cells[0].p_adjusted == 3 * 2 / 1024.0);
  CHECK(out[0].cells[1].p_adjusted == 2 * 4 / 1024.0);
  CHECK(out[1].cells[0].p_adjusted == 8 / 1024.0);
  CHECK(out[2].cells[0].p_adjusted == 8 / 1024.0);
  CHECK_FALSE(out[3].holm());
  CHECK(out[3].cells[0].p_adjusted == 8 / 1024.0);
}

TEST_CASE("[claims] exploratory cells get the q of Benjamini and Hochberg") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 10);
  Claim all = claim("all", "");
  all.columns = {"free", "serving", "memory"};
  state(fixture, {all});
  const std::array<std::pair<const char*, Changes>, 3> columns = {
      {{"serving", {9, 9, 9, 9, 9, 9, 9, 9, 9, 9}}, {"memory", {9, 9, 9, 9, 9, 9, 9, 9, 9, -1}}, {"free", kSame}}};
  for (const auto& [column, change] : columns) {
    add_arm(fixture, in_column({.arm = "dense"}, column), kSame);
    add_arm(fixture, in_column(kFabric, column), change);
  }
  const auto out = judged(fixture);
  CHECK(out[0].cells[0].p_adjusted == 2 / 1024.0 * 3);
  CHECK(out[0].cells[1].p_adjusted == 4 / 1024.0 * 3 / 2);
  CHECK(out[0].cells[2].p_adjusted == 1);
}

TEST_CASE("[claims] an edited claim is exploratory; the one it was stays, withdrawn, and counts in its family") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 10);
  const Claim kept = claim("kept");
  Claim edited = claim("edited");
  state(fixture, {kept, edited});
  add_arm(fixture, {.arm = "dense"}, kSame);
  add_arm(fixture, kFabric, kBetter);
  edited.margin = 0.001;
  state(fixture, {kept, edited});
  const auto out = judged(fixture);
  REQUIRE(out.size() == 3);
  CHECK(out[0].registered);
  CHECK(out[0].cells[0].p_adjusted == 2 * 2 / 1024.0);
  CHECK_FALSE(out[1].registered);
  CHECK(out[1].records == 20);
  CHECK_FALSE(out[1].holm());
  CHECK(out[1].cells[0].p_adjusted == 2 / 1024.0);
  CHECK(out[2].registered);
  CHECK(out[2].withdrawn);
  const std::string text = claims_text(out);
  CHECK(text.find("exploratory (stated after 20 records)") != text.npos);
  CHECK(text.find("registered, withdrawn") != text.npos);
}

// Two claims of a family, each of one cell with p = 2/1024; then `edit` changes the experiment.
std::vector<JudgedClaim> judged_after(const std::function<void(Json& experiment)>& edit) {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 10).suite("three", "accuracy", 10);
  for (Json& suite : fixture.experiment()["suites"]) suite["columns"] = {"serving"};
  Claim second = claim("second");
  second.suites = {"three"};
  state(fixture, {claim("first"), second});
  for (const char* suite : {"two", "three"}) {
    add_arm(fixture, in_suite({.arm = "dense"}, suite), kSame);
    add_arm(fixture, in_suite(kFabric, suite), kBetter);
  }
  edit(fixture.experiment());
  return judged(fixture);
}

TEST_CASE("[claims] a claim whose experiment was changed is exploratory, and its cell still counts in its family") {
  const auto before = judged_after([](Json&) {});
  CHECK(before[0].cells[0].p_adjusted == 2 * 2 / 1024.0);
  CHECK(before[1].cells[0].p_adjusted == 2 * 2 / 1024.0);
  const auto out = judged_after([](Json& experiment) { experiment["suites"][1]["samples"] = 2000; });
  CHECK(out[0].registered);
  CHECK(out[0].cells[0].p_adjusted == 2 * 2 / 1024.0);  // beside a missing one with p = 1
  CHECK_FALSE(out[1].registered);
  CHECK_FALSE(out[1].holm());
  CHECK(out[1].cells[0].p_adjusted == 2 / 1024.0);
  CHECK(claims_text(out).find("\n  the experiment was changed after trials were seen\n") != std::string::npos);
  const Json json = claims_json(out);
  CHECK(json[0].at("deviation").is_null());
  CHECK(json[1].at("deviation") == "the experiment was changed after trials were seen");
  CHECK(json[1].at("status") == "exploratory");
}

TEST_CASE("[claims] a suite that was taken out of the config makes no family smaller") {
  const auto out = judged_after([](Json& experiment) {
    experiment["suites"].erase(1);
    experiment["claims"].erase(1);
  });
  REQUIRE(out.size() == 2);
  CHECK(out[1].withdrawn);
  CHECK(out[0].cells[0].p_adjusted == 2 * 2 / 1024.0);
}

TEST_CASE("[claims] seeds added after the promised ones make a claim exploratory and say so") {
  const auto out = judged_after([](Json& experiment) { experiment["suites"][0]["seeds"] = 20; });
  CHECK_FALSE(out[0].registered);
  CHECK(claims_text(out).find("extended: more seeds than were promised (two: 20 seeds, 10 planned)") !=
        std::string::npos);
  CHECK(out[1].registered);
}

TEST_CASE("[claims] a claim that no run has registered is exploratory") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 10);
  fixture.experiment()["claims"] = {to_json(claim("a"))};
  add_arm(fixture, {.arm = "dense"}, kSame);
  add_arm(fixture, kFabric, kBetter);
  const auto out = judged(fixture);
  CHECK_FALSE(out[0].registered);
  CHECK_FALSE(out[0].records);
}

TEST_CASE("[claims] the side of a family is its best on validation among the ranked arms") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 10);
  Claim best = claim("best");
  best.better = {.arm = {}, .family = "fabric"};
  best.than = {.arm = {}, .family = "monolith"};
  best.margin.reset();
  state(fixture, {best});
  add_arm(fixture, {.arm = "dense"}, kSame, 0.5);
  add_arm(fixture, {.arm = "tagged", .role = "reference", .level = "domain"}, kBetter, 0.99);
  add_arm(fixture, {.arm = "good on test", .family = "fabric"}, kBetter, 0.5);
  add_arm(fixture, {.arm = "good on validation", .family = "fabric"}, kSame, 0.9);
  const auto out = judged(fixture);
  CHECK(out[0].cells[0].better == "good on validation");
  CHECK(out[0].cells[0].than == "dense");
  CHECK(out[0].cells[0].margin == 0.01);  // accuracy's own rule
  CHECK(out[0].verdict.verdict == Verdict::tied);
}

TEST_CASE("[claims] where lower is better a positive effect is still the claim's direction") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "bits_per_byte", 10);
  state(fixture, {claim("a")});
  for (const double bits : {3.0, 2.5}) {
    fixture.row(bits > 2.9 ? FixtureRow{.arm = "dense"} : kFabric);
    for (int seed = 0; seed < 10; ++seed) fixture.ok(bit_cells(bits + 0.001 * (seed % 3)), bits);
  }
  const auto out = judged(fixture);
  CHECK(out[0].cells[0].theta == doctest::Approx(0.5));
  CHECK(out[0].verdict.verdict == Verdict::supported);
}

// A searched suite with a probe on either side of the truth, and a plain suite that the claim leaves out.
void search(ResultFixture& fixture) {
  const std::vector<std::string> probes = {"linear similarity=0.5", "linear similarity=0.8"};
  fixture.suite("linear", "accuracy", 10).suite("two", "accuracy", 10);
  for (const std::string& probe : probes) fixture.plan()["suites"][probe] = fixture.plan()["suites"]["linear"];
  Claim fabric = claim("fabric_wins");
  fabric.suites = {"linear"};
  state(fixture, {fabric});
  add_arm(fixture, in_suite({.arm = "dense"}, probes[0]), kSame);
  add_arm(fixture, in_suite(kFabric, probes[0]), kBetter);
  add_arm(fixture, in_suite({.arm = "dense"}, probes[1]), kBetter);
  add_arm(fixture, in_suite(kFabric, probes[1]), kSame);
  add_arm(fixture, {.arm = "dense"}, kSame);
  add_arm(fixture, kFabric, kBetter);
  fixture.plan()["searches"] = {{{"suite", "linear"},
                                 {"over", "similarity"},
                                 {"between", {"dense", "fabric"}},
                                 {"found", 0.6571},
                                 {"low", 0.641},
                                 {"high", 0.672},
                                 {"true", 0.6592},
                                 {"probes", 2}}};
}

TEST_CASE("[claims] support on one side of a search and reversal on the other is CONDITIONAL with the boundary") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  search(fixture);
  const auto out = judged(fixture);
  REQUIRE(out[0].cells.size() == 2);
  CHECK(out[0].verdict.verdict == Verdict::conditional);
  REQUIRE(out[0].boundaries.size() == 1);
  CHECK(out[0].boundaries[0].found == 0.6571);
  const Json json = claims_json(out)[0];
  CHECK(json.at("verdict") == "CONDITIONAL");
  CHECK(json.at("boundary").at("true") == 0.6592);
  CHECK(json.at("boundary").at("over") == "similarity");
  CHECK(json.at("cells")[0].at("verdict") == "SUPPORTED");
  CHECK(json.at("cells")[1].at("verdict") == "REVERSED");
}

TEST_CASE("[claims] a search between other arms is no boundary; one that lacks a key is refused") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  search(fixture);
  fixture.plan()["searches"][0]["between"] = {"dense", "other"};
  CHECK(judged(fixture)[0].boundaries.empty());
  fixture.plan()["searches"][0]["between"] = {"fabric", "dense"};
  fixture.plan()["searches"][0]["true"] = nullptr;
  CHECK_FALSE(judged(fixture)[0].boundaries.at(0).truth);
  fixture.plan()["searches"][0].erase("found");
  CHECK_THROWS_WITH_AS(judged(fixture), doctest::Contains("plan.json"), InputError);
}

TEST_CASE("[claims] every JSON cell has the public keys, scored or not") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 2);
  state(fixture, {claim("a")});
  fixture.row({.arm = "dense"}).open();
  fixture.open();
  const Json json = claims_json(judged(fixture))[0];
  for (const char* key : {"id", "hash", "status", "verdict", "cells", "boundary"}) CHECK(json.contains(key));
  CHECK(json.at("verdict") == "UNDECIDED");
  const Json& cell = json.at("cells")[0];
  for (const char* key : {"suite", "column", "better", "than", "n", "theta", "low", "high", "p", "p_holm", "margin",
                          "verdict", "needed_n"})
    CHECK(cell.contains(key));
  CHECK(cell.at("theta").is_null());
  CHECK(cell.at("needed_n") == 10);
}

TEST_CASE("[claims] results without claims have none") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 1).row({.arm = "dense"});
  fixture.open();
  CHECK(judged(fixture).empty());
  CHECK(claims_text({}).empty());
}

TEST_CASE("[claims] the text reads as recorded, in at most 100 columns") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  search(fixture);
  Claim family = claim("best_families", "");
  family.better = {.arm = {}, .family = "fabric"};
  family.than = {.arm = {}, .family = "monolith"};
  family.question = std::string(120, 'q');
  Claim more = claim("more");
  more.seeds = 11;
  Claim nowhere = claim("nowhere");
  nowhere.columns = {"memory"};
  fixture.experiment()["claims"].push_back(to_json(family));
  fixture.experiment()["claims"].push_back(to_json(more));
  fixture.experiment()["claims"].push_back(to_json(nowhere));
  const std::string text = claims_text(judged(fixture));
  const fs::path golden = fs::path(LOOM_SOURCE_DIR) / "tests" / "golden" / "claims.txt";
  const char* wanted = std::getenv("LOOM_UPDATE_GOLDEN");
  if (wanted != nullptr && std::string(wanted) == "1") write_file_atomic(golden, text);
  REQUIRE(fs::exists(golden));
  CHECK(text == read_file(golden));
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != text.npos; begin = end + 1, end = text.find('\n', begin))
    CHECK(end - begin <= 103);  // an ellipsis has three bytes
}

}  // namespace
}  // namespace loom::claims_test
