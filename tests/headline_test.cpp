// SPDX-License-Identifier: Apache-2.0
#include "harness/comparison.h"

#include <doctest/doctest.h>

#include "harness/table_parts.h"
#include "tests/support/comparison_fixture.h"

namespace loom::headline_test {
namespace {

using namespace loom::testing;

TEST_CASE("[headline] the contrast takes each family's best on validation, not on test") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 6);
  add_arm(fixture, {.arm = "dense"}, {0, 0, 0, 0, 0, 0}, 0.8);
  add_arm(fixture, {.arm = "lucky on test", .architecture = "specialists", .family = "fabric"}, {7, 7, 7, 7, 7, 7},
          0.7);
  add_arm(fixture, kFabric, {4, 5, 4, 5, 4, 5}, 0.9);
  add_arm(fixture,
          {.arm = "oracle", .architecture = "specialists", .family = "fabric", .role = "reference", .level = "domain"},
          {8, 8, 8, 8, 8, 8}, 0.99);
  const ComparedBlock block = only_block(fixture);
  REQUIRE(block.headline.has_value());
  CHECK(block.headline->fabric == "fabric");
  CHECK(block.headline->monolith == "dense");
  CHECK(block.headline->difference == doctest::Approx(4.5 / 40));
  CHECK(block.headline->p == doctest::Approx(2.0 / 64));
  CHECK(block.headline->interval->low > 0);
  CHECK(block.headline->verdict == "fabric better");
  CHECK(block.headline->detectable.value() > 0);
  CHECK_FALSE(find(block, "oracle").not_worse);
  CHECK(block.rows[0].plan.arm == "lucky on test");  // the oracle's higher score does not rank
}

TEST_CASE("[headline] fewer bits are better: the contrast's sign and the order turn round") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "bits_per_byte", 6);
  const auto add = [&](const FixtureRow& row, double bits) {
    fixture.row(row);
    for (int seed = 0; seed < 6; ++seed) fixture.ok(bit_cells(bits + 0.001 * (seed % 3)), bits);
  };
  add({.arm = "dense"}, 2.0);
  add(kFabric, 1.5);
  const ComparedBlock block = only_block(fixture);
  CHECK(block.rows[0].plan.arm == "fabric");
  CHECK(block.rows[0].best);
  CHECK(block.rows[0].worst_domain.value() >= block.rows[0].score);
  CHECK(block.headline->difference == doctest::Approx(0.5));
  CHECK(block.headline->interval->low > 0);
  CHECK(block.headline->verdict == "fabric better");
  CHECK(block.margin == doctest::Approx(0.01 * 2.001));  // 1 % of the reference arm's mean
}

TEST_CASE("[headline] a contrast surely within the margin is a tie, one of few seeds undecided") {
  const ScratchFolder scratch;
  const auto verdict = [&](const std::string& name, size_t seeds, int change, double margin) {
    ResultFixture fixture(scratch.path() / name);
    fixture.suite("two", "accuracy", static_cast<int>(seeds)).experiment()["suites"][0]["margin"] = margin;
    for (const FixtureRow& row : {FixtureRow{.arm = "dense"}, kFabric}) {
      fixture.row(row);
      for (size_t seed = 0; seed < seeds; ++seed) {
        const int right = 24 + (row.arm == "fabric" ? change : 0);
        fixture.ok(right_cells(right / 2, right / 2), 0.8);
      }
    }
    return only_block(fixture).headline->verdict;
  };
  CHECK(verdict("same", 6, 0, 0.01) == "tied");
  CHECK(verdict("better", 6, 12, 0.01) == "fabric better");
  CHECK(verdict("worse", 6, -12, 0.01) == "monolith better");
  CHECK(verdict("too small to matter", 6, 12, 0.9) == "tied");
  CHECK(verdict("few seeds", 5, 12, 0.01) == "undecided");
}

// Equal seeds have no spread, so that seeds alone could detect anything.
TEST_CASE("[headline] where the test groups leave more open than the seeds, the text says so") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 6);
  for (const FixtureRow& row : {FixtureRow{.arm = "dense"}, kFabric}) {
    fixture.row(row);
    for (int seed = 0; seed < 6; ++seed) fixture.ok(right_cells(row.arm == "fabric" ? 10 : 8, 8), 0.8);
  }
  const ComparedBlock block = only_block(fixture);
  const Interval interval = block.headline->interval.value();
  CHECK(block.headline->detectable == 0.0);
  CHECK(block.headline->floor == doctest::Approx((interval.high - interval.low) / 2));
  const std::string text = table_parts::headline_text(block);
  CHECK(text.find(" at best (more test groups, not seeds, would lower it).") != text.npos);
}

TEST_CASE("[headline] the fabric must beat the null that is best on the test") {
  const ScratchFolder scratch;
  ResultFixture fixture(scratch.path() / "demo");
  fixture.suite("two", "accuracy", 6);
  add_arm(fixture, {.arm = "dense"}, {0, 0, 0, 0, 0, 0}, 0.8);
  add_arm(fixture, kFabric, {6, 6, 5, 6, 6, 6}, 0.9);
  add_arm(fixture, {.arm = "random_router", .architecture = "specialists", .family = "fabric", .role = "null"},
          {-9, -9, -9, -9, -9, -9}, 0.5);
  add_arm(fixture, {.arm = "tagged_by_router", .architecture = "tagged_by_router", .role = "null"}, {6, 5, 6, 6, 5, 6},
          0.9);
  const ComparedBlock block = only_block(fixture);
  CHECK(block.headline->null_arm == "tagged_by_router");
  CHECK(block.headline->null_difference == doctest::Approx((0 + 1 - 1 + 0 + 1 + 0) / 240.0));
  CHECK(block.headline->null_interval->low <= 0);
  CHECK_FALSE(block.headline->beats_null);
  CHECK(block.headline->monolith == "dense");  // a null's family does not compete
}

TEST_CASE("[headline] beating a null takes six seeds, like every claim") {
  const ScratchFolder scratch;
  const auto beats = [&](size_t seeds) {
    ResultFixture fixture(scratch.path() / std::to_string(seeds));
    fixture.suite("two", "accuracy", static_cast<int>(seeds));
    FixtureRow null = kFabric;
    null.arm = "random_router";
    null.role = "null";
    for (const FixtureRow& row : {FixtureRow{.arm = "dense"}, kFabric, null}) {
      fixture.row(row);
      for (size_t seed = 0; seed < seeds; ++seed) fixture.ok(right_cells(row.role == "null" ? 4 : 18, 17), 0.8);
    }
    return only_block(fixture).headline->beats_null;
  };
  CHECK(beats(6));
  CHECK_FALSE(beats(5));
}

}  // namespace
}  // namespace loom::headline_test
