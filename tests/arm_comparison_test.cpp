// SPDX-License-Identifier: Apache-2.0
#include "harness/arm_comparison.h"

#include <cmath>

#include "harness/error.h"
#include "tests/support/comparison_fixture.h"

namespace loom::arm_comparison_test {
namespace {

using namespace loom::testing;

ArmComparison compared(ResultFixture& fixture, const std::string& a, const std::string& b) {
  return compare_arms(load_results(fixture.finish()), a, b);
}

// Six pairs; B wins 4 or 5 items of 40 on every seed.
void add_pair(ResultFixture& fixture, const std::string& suite = "two") {
  fixture.suite(suite, "accuracy", 6);
  add_arm(fixture, {.arm = "old", .suite = suite}, {0, 0, 0, 0, 0, 0}, 0.8);
  add_arm(fixture, {.arm = "new", .suite = suite}, {4, 5, 4, 5, 4, 5}, 0.8);
}

TEST_CASE("[arm_comparison] the difference, its interval, the sign flips and the cost ratios by hand") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  add_pair(fixture);
  fixture.last_row()["costs"]["params_total"] = 15000;
  const ArmComparison found = compared(fixture, "old", "new");
  REQUIRE(found.cells.size() == 1);
  const ArmCell& cell = found.cells[0];
  CHECK(cell.pairs == 6);
  CHECK(cell.a == doctest::Approx(31.0 / 40));
  CHECK(cell.b == doctest::Approx(35.5 / 40));
  CHECK(cell.difference == doctest::Approx(4.5 / 40));
  CHECK(cell.difference == doctest::Approx(cell.b - cell.a));
  CHECK(cell.p == doctest::Approx(2.0 / 64));  // all six signs agree: of 64 patterns two are as extreme
  CHECK(cell.q == cell.p);                     // one test
  CHECK(cell.interval->low > 0);
  CHECK((cell.interval->low + cell.interval->high) / 2 == doctest::Approx(4.5 / 40));
  CHECK(cell.verdict == "better");
  CHECK(find_measure(cell, "params_total")->b.value() / find_measure(cell, "params_total")->a.value() == 3);
  CHECK(find_measure(cell, "train_cpu_s")->a.value() == 2.5);
  CHECK(find_measure(cell, "latency_p50_s") == nullptr);  // no session
}

TEST_CASE("[arm_comparison] telling a held-out domain apart is a quality, higher is better, where both arms have it") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 6);
  const auto told = [](double auroc) { return Json({{"scores", {{"test", {{"rejection_auroc", auroc}}}}}}); };
  add_arm(fixture, {.arm = "old"}, {0, 0, 0, 0, 0, 0}, 0.8, told(0.75));
  add_arm(fixture, {.arm = "new"}, {4, 5, 4, 5, 4, 5}, 0.8, told(0.875));
  add_arm(fixture, {.arm = "mute"}, {1, 0, 1, 0, 1, 0}, 0.8);
  const Measure* measure = nullptr;
  const ArmCell cell = compared(fixture, "old", "new").cells[0];
  REQUIRE((measure = find_measure(cell, "rejection_auroc")) != nullptr);
  CHECK(measure->a == 0.75);
  CHECK(measure->b == 0.875);
  CHECK(measure->by_seed == std::vector<double>(6, 0.125));
  CHECK(find_measure(compared(fixture, "old", "mute").cells[0], "rejection_auroc") == nullptr);
}

TEST_CASE("[arm_comparison] domain differences average to the difference") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  add_pair(fixture);
  const ArmCell cell = compared(fixture, "old", "new").cells[0];
  REQUIRE(cell.domains.size() == 2);
  // right_cells(right - right / 2, right / 2): 30..32 against 34..37 items, the odd one on the left.
  const double left = (17 + 18 + 18 + 18 + 17 + 19 - (15 + 16 + 16 + 16 + 15 + 16)) / 6.0 / kGroups;
  CHECK(cell.domains[0].domain == "left");
  CHECK(cell.domains[0].difference == doctest::Approx(left));
  CHECK((cell.domains[0].difference + cell.domains[1].difference) / 2 == doctest::Approx(cell.difference));
  for (const DomainDifference& domain : cell.domains) {
    REQUIRE(domain.interval.has_value());
    CHECK((domain.interval->low + domain.interval->high) / 2 == doctest::Approx(domain.difference));
  }
}

TEST_CASE("[arm_comparison] swapped arms turn every sign round and nothing else") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  add_pair(fixture);
  const ArmCell there = compared(fixture, "old", "new").cells[0], back = compared(fixture, "new", "old").cells[0];
  CHECK(back.difference == -there.difference);
  CHECK(back.interval->low == doctest::Approx(-there.interval->high));
  CHECK(back.interval->high == doctest::Approx(-there.interval->low));
  CHECK(back.p == there.p);
  CHECK(back.verdict == "worse");
  CHECK(back.detectable.value() == doctest::Approx(there.detectable.value()));
  for (size_t d = 0; d < 2; ++d) {
    CHECK(back.domains[d].difference == -there.domains[d].difference);
    CHECK(back.domains[d].a == there.domains[d].b);
  }
  for (const Measure& measure : there.measures) {
    CAPTURE(measure.name);
    const Measure* other = find_measure(back, measure.name);
    CHECK(other->a == measure.b);
    CHECK(other->b == measure.a);
    if (measure.interval) CHECK(other->interval->low <= -measure.interval->low);
  }
}

TEST_CASE("[arm_comparison] an arm against itself is tied, every difference and p as of nothing") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  add_pair(fixture);
  const ArmCell cell = compared(fixture, "new", "new").cells[0];
  CHECK(cell.difference == 0);
  CHECK(cell.interval->low == 0);
  CHECK(cell.interval->high == 0);
  CHECK(cell.p == 1);
  CHECK(cell.verdict == "tied");
  for (const DomainDifference& domain : cell.domains) CHECK(domain.difference == 0);
  for (const Measure& measure : cell.measures) CHECK(measure.a == measure.b);
}

TEST_CASE("[arm_comparison] fewer bits are better") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "bits_per_byte", 6);
  for (const auto& [arm, bits] : {std::pair{"old", 2.0}, std::pair{"new", 1.5}}) {
    fixture.row({.arm = arm});
    for (int seed = 0; seed < 6; ++seed) fixture.ok(bit_cells(bits + 0.001 * (seed % 3)), bits);
  }
  const ArmCell cell = compared(fixture, "old", "new").cells[0];
  CHECK(cell.difference == doctest::Approx(0.5));
  CHECK(cell.verdict == "better");
  CHECK(cell.domains[0].difference == doctest::Approx(0.5));
  CHECK(cell.domains[0].interval->low > 0);
  CHECK(find_measure(cell, "worst_domain")->by_seed[0] == doctest::Approx(0.5));
}

// Benjamini and Hochberg (1995): p = 1/32 and 1 in two suites: q = 2/32 for the first, which then decides nothing.
TEST_CASE("[arm_comparison] q corrects over the cells, and the verdict goes by q") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  add_pair(fixture);
  fixture.suite("three", "accuracy", 6);
  for (const char* arm : {"old", "new"}) add_arm(fixture, {.arm = arm, .suite = "three"}, {0, 0, 0, 0, 0, 0}, 0.8);
  const ArmComparison found = compared(fixture, "old", "new");
  REQUIRE(found.cells.size() == 2);
  CHECK(found.cells[0].p == doctest::Approx(1.0 / 32));
  CHECK(found.cells[0].q == doctest::Approx(2.0 / 32));
  CHECK(found.cells[0].verdict == "undecided");
  CHECK(found.cells[1].q == 1);
  CHECK(found.cells[1].verdict == "tied");
}

TEST_CASE("[arm_comparison] only seeds that both have are compared") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 6);
  add_arm(fixture, {.arm = "old"}, {0, 0, 0, 0, 0, 0}, 0.8);
  fixture.row({.arm = "new"});
  fixture.diverged("a score is not finite");
  for (const int right : {33, 33, 33}) fixture.ok(right_cells(right - right / 2, right / 2), 0.7);
  fixture.failed("timeout", "ran 60 s");
  fixture.open();
  const ArmCell cell = compared(fixture, "old", "new").cells[0];
  CHECK(cell.pairs == 3);
  CHECK(cell.a == doctest::Approx((31 + 32 + 31) / 120.0));  // seeds 1 to 3 of kRight
  CHECK(cell.difference == doctest::Approx((2 + 1 + 2) / 120.0));
  CHECK(cell.p == doctest::Approx(2.0 / 8));
}

TEST_CASE("[arm_comparison] what cannot be paired is told and has no verdict") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 6);
  add_arm(fixture, {.arm = "old"}, {0, 0, 0, 0, 0, 0}, 0.8);
  fixture.row({.arm = "too big", .status = "rejected", .reason = "no width fits"});
  const ArmCell cell = compared(fixture, "old", "too big").cells[0];
  CHECK(cell.pairs == 0);
  CHECK(cell.verdict == "undecided");
  CHECK(cell.measures.empty());
  CHECK(std::ranges::count(cell.notes, "B 'too big' is rejected: no width fits") == 1);
}

TEST_CASE("[arm_comparison] references are allowed, and what they are told is noted") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  add_pair(fixture);
  add_arm(fixture, {.arm = "oracle", .family = "fabric", .role = "reference", .level = "domain"}, {6, 6, 6, 6, 6, 6},
          0.9);
  const ArmCell cell = compared(fixture, "old", "oracle").cells[0];
  CHECK(cell.verdict == "better");
  REQUIRE_FALSE(cell.notes.empty());
  CHECK(cell.notes ==
        std::vector<std::string>{"B 'oracle' is told the true domain: a reference, no contestant", "uncalibrated"});
}

TEST_CASE("[arm_comparison] an unknown arm is told with the nearest, and arms without a common column as such") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  add_pair(fixture);
  add_arm(fixture, {.arm = "elsewhere", .column = "memory"}, {0, 0, 0, 0, 0, 0}, 0.8);
  CHECK_THROWS_WITH_AS(compared(fixture, "odl", "new"), doctest::Contains("did you mean 'old'?"), InputError);
  CHECK_THROWS_WITH_AS(compared(fixture, "old", "zzzzzzzz"), doctest::Contains("arms: 'old', 'new', 'elsewhere'"),
                       InputError);
  CHECK_THROWS_WITH_AS(compared(fixture, "old", "elsewhere"), doctest::Contains("share no suite and column"),
                       InputError);
}

}  // namespace
}  // namespace loom::arm_comparison_test
