// SPDX-License-Identifier: Apache-2.0
#include "harness/comparison.h"

#include <doctest/doctest.h>

#include <cmath>

#include "harness/table.h"
#include "tests/support/comparison_fixture.h"

namespace loom::comparison_test {
namespace {

using namespace loom::testing;

// Against the best, `always` loses 2 or 3 items on each of six seeds: of the 64 sign patterns only the observed one and
// its mirror reach its statistic, p = 2/64. `sometimes` loses 4 items on one seed and wins 1 on three: never rare.
TEST_CASE("[comparison] bold is the best and all that are not significantly worse") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 6);
  add_arm(fixture, {.arm = "always"}, {-2, -3, -2, -2, -3, -2}, 0.7);
  add_arm(fixture, {.arm = "best"}, {0, 0, 0, 0, 0, 0}, 0.8);
  add_arm(fixture, {.arm = "sometimes"}, {1, 1, -4, 1, 0, 0}, 0.7);
  const ComparedBlock block = only_block(fixture);
  CHECK(block.rows[0].plan.arm == "best");
  CHECK(block.rows[0].best);
  CHECK(block.rows[0].not_worse);
  CHECK_FALSE(block.rows[0].p_adjusted.has_value());
  CHECK(find(block, "always").p_adjusted.value() == doctest::Approx(2.0 / 64));
  CHECK_FALSE(find(block, "always").not_worse);
  CHECK(find(block, "sometimes").not_worse);
  CHECK(has(find(block, "sometimes"), "not-worse"));
  CHECK(has(block.rows[0], "best"));
}

TEST_CASE("[comparison] a lost seed is counted, left out of the mean and tested on what is shared") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 6);
  add_arm(fixture, {.arm = "best"}, {5, 5, 5, 5, 5, 5}, 0.8);
  fixture.row({.arm = "fragile"});
  for (const int right : {30, 31, 32}) fixture.ok(right_cells(right - right / 2, right / 2), 0.7);
  fixture.diverged("a score is not finite");
  fixture.failed("timeout", "ran 60 s");
  fixture.open();
  const ComparedBlock block = only_block(fixture);
  const ComparedRow& row = find(block, "fragile");
  CHECK(row.seeds == 3);
  CHECK(row.seeds_failed == 2);
  CHECK(row.seeds_open == 1);
  CHECK(row.status == "ok");
  CHECK(row.score == doctest::Approx((share(30) + share(31) + share(32)) / 3));
  CHECK(row.p_adjusted.value() == doctest::Approx(2.0 / 8));  // sign flips of three seeds, one comparison
  for (const char* flag : {"failed-seeds", "incomplete", "exploratory"}) CHECK(has(row, flag));
  CHECK_FALSE(has(block.rows[0], "exploratory"));
}

TEST_CASE("[comparison] a row without any score has the status of its first failure and no numbers") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 2);
  fixture.row({.arm = "hungry"});
  fixture.failed("memory", "killed at 2 GB");
  fixture.diverged("a score is not finite");
  fixture.row({.arm = "later"});
  fixture.open();
  fixture.open();
  fixture.row({.arm = "too big", .status = "rejected", .reason = "no width fits"});
  const ComparedBlock block = only_block(fixture);
  REQUIRE(block.rows.size() == 3);
  CHECK(find(block, "hungry").status == "memory");
  CHECK(find(block, "hungry").plan.reason == "killed at 2 GB");
  CHECK(std::isnan(find(block, "hungry").score));
  CHECK(find(block, "later").status.empty());
  CHECK(has(find(block, "later"), "pending"));
  CHECK(find(block, "too big").status == "rejected");
  CHECK(find(block, "too big").plan.reason == "no width fits");
  CHECK_FALSE(block.headline.has_value());
}

TEST_CASE("[comparison] scores are means of seeds and domains, and the worst domain is named by its mean") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 2).row({.arm = "dense"});
  fixture.ok(right_cells(20, 10), 0.7);
  fixture.ok(right_cells(12, 14), 0.9);
  const ComparedRow row = only_block(fixture).rows[0];
  CHECK(row.domain[0] == doctest::Approx(16.0 / 20));
  CHECK(row.domain[1] == doctest::Approx(12.0 / 20));
  CHECK(row.worst_domain.value() == doctest::Approx(12.0 / 20));
  CHECK(row.score == doctest::Approx(14.0 / 20));
  CHECK(row.validation == doctest::Approx(0.8));
  REQUIRE(row.interval.has_value());
  CHECK((row.interval->low + row.interval->high) / 2 == doctest::Approx(row.score));
}

TEST_CASE("[comparison] tied needs the paired interval inside the margin") {
  const ScratchFolder scratch;
  const auto tied = [&](const std::string& name, double margin) {
    ResultFixture fixture(scratch.path() / name);
    fixture.suite("two", "accuracy", 6).experiment()["statistics"]["margin"] = margin;
    add_arm(fixture, {.arm = "best"}, {1, 1, 1, 1, 1, 1}, 0.8);
    add_arm(fixture, {.arm = "near"}, {0, 0, 0, 1, 0, 0}, 0.8);
    return find(only_block(fixture), "near").tied;
  };
  CHECK(tied("wide", 0.2));
  CHECK_FALSE(tied("narrow", 0.01));  // the mean difference alone is 5/6 of an item in 40
}

TEST_CASE("[comparison] the front keeps what no arm beats in score, inference FLOPs and parameters at once") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 6);
  const auto sized = [&](const char* arm, int change, double infer, double params) {
    add_arm(fixture, {.arm = arm}, {change, change, change, change, change, change}, 0.8);
    fixture.last_row()["ratios"]["infer_flops"] = infer;
    fixture.last_row()["ratios"]["params"] = params;
  };
  sized("good", 4, 1.0, 1.0);
  sized("small", 0, 0.1, 1.2);
  sized("dominated", 0, 1.0, 1.4);
  sized("as large within tolerance", 1, 0.985, 1.015);
  const ComparedBlock block = only_block(fixture);
  CHECK(find(block, "good").pareto);
  CHECK(find(block, "small").pareto);
  CHECK_FALSE(find(block, "dominated").pareto);
  CHECK_FALSE(find(block, "as large within tolerance").pareto);
}

TEST_CASE("[comparison] badges: exploratory, quick and uncalibrated hold for every row; R1 for the odd machine") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo-quick");
  fixture.experiment()["quick"] = true;
  fixture.suite("two", "accuracy", 2).row({.arm = "dense"});
  fixture.ok(right_cells(20, 10), 0.7);
  fixture.ok(right_cells(20, 11), 0.7);
  fixture.row({.arm = "elsewhere"});
  fixture.ok(right_cells(10, 10), 0.7, {{"measured", {{"isa", "AVX512"}}}, {"undertrained", true}});
  const ComparedBlock block = only_block(fixture);
  CHECK(block.badges == std::vector<std::string>{"exploratory", "quick", "uncalibrated"});
  for (const ComparedRow& row : block.rows)
    for (const std::string& badge : block.badges) CHECK(has(row, badge));
  CHECK_FALSE(has(find(block, "dense"), "R1"));
  CHECK(has(find(block, "elsewhere"), "R1"));
  CHECK(has(find(block, "elsewhere"), "undertrained"));
}

// C is 2e9: the fixture's rows cost 2.02e9, 1.01 of it.
TEST_CASE("[comparison] an arm with a seed whose ledger misses C by more than 2 % is flagged, and the table says why") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 2);
  const auto add = [&](const FixtureRow& row, double second_seed) {
    fixture.row(row);
    for (const double flops : {2.0e9, second_seed})
      fixture.ok(right_cells(10, 10), 0.7, {{"ledger", {{{"flops", flops - 5e8}}, {{"flops", 5e8}}}}});
  };
  add({.arm = "within"}, 2.039e9);
  add({.arm = "above"}, 2.041e9);
  add({.arm = "below"}, 1.959e9);
  add({.arm = "null", .role = "null"}, 3e9);
  const ComparedBlock block = only_block(fixture);
  for (const ComparedRow& row : block.rows)
    CHECK(has(row, "off-budget") == (row.plan.arm == "above" || row.plan.arm == "below"));
  Table table;
  table.blocks = {block};
  CHECK(render(table, {}).find("\noff-budget: a seed's ledger misses") != std::string::npos);
}

TEST_CASE("[comparison] latency is one item's, with the session's flags") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 1).row({.arm = "dense"});
  const std::string dense = fixture.ok(right_cells(20, 10), 0.7);
  fixture.row({.arm = "slow"});
  const std::string slow = fixture.ok(right_cells(20, 11), 0.7);
  fixture.row({.arm = "untimed"});
  fixture.ok(right_cells(20, 12), 0.7);
  fixture.latency("s1", {{dense, timed(1e-5, 3e-5)}, {slow, timed(1e-3, nullptr, true)}}, true);
  const ComparedBlock block = only_block(fixture);
  CHECK(find(block, "dense").latency_p50_s == 1e-5);
  CHECK(find(block, "dense").latency_p99_s == 3e-5);
  CHECK_FALSE(has(find(block, "dense"), "implementation-bound"));
  CHECK(has(find(block, "dense"), "contended"));
  CHECK(has(find(block, "slow"), "implementation-bound"));
  CHECK_FALSE(find(block, "slow").latency_p99_s.has_value());
  CHECK_FALSE(find(block, "untimed").latency_p50_s.has_value());
  CHECK_FALSE(has(find(block, "untimed"), "contended"));
}

TEST_CASE("[comparison] suites and columns stay apart, in the plan's order") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 1).suite("another", "accuracy", 1);
  for (const char* suite : {"two", "another"})
    for (const char* column : {"serving", "memory"}) {
      fixture.row({.arm = "dense", .column = column, .suite = suite});
      fixture.ok(right_cells(20, 10), 0.7);
    }
  std::vector<std::string> order;
  for (const ComparedBlock& block : compare(load_results(fixture.finish())))
    order.push_back(block.suite + " " + block.column);
  CHECK(order == std::vector<std::string>{"two serving", "two memory", "another serving", "another memory"});
}

}  // namespace
}  // namespace loom::comparison_test
