// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>

#include "harness/comparison.h"
#include "tests/support/result_fixture.h"

// Arms of six seeds whose right answers are given item by item.
namespace loom::testing {

inline constexpr std::array<int, 6> kRight = {30, 31, 32, 31, 30, 32};  // of 40 items, by seed

inline double share(int right) { return right / 40.0; }

inline bool has(const ComparedRow& row, const std::string& flag) { return std::ranges::count(row.flags, flag) > 0; }

inline const ComparedRow& find(const ComparedBlock& block, const std::string& arm) {
  const auto found = std::ranges::find_if(block.rows, [&](const ComparedRow& row) { return row.plan.arm == arm; });
  REQUIRE(found != block.rows.end());
  return *found;
}

// An arm whose seeds get kRight + change[seed] items right, split over the domains.
inline void add_arm(ResultFixture& fixture, const FixtureRow& row, const std::array<int, 6>& change, double validation,
                    const Json& record = Json::object()) {
  fixture.row(row);
  for (size_t seed = 0; seed < 6; ++seed) {
    const int right = kRight[seed] + change[seed];
    fixture.ok(right_cells(right - right / 2, right / 2), validation, record);
  }
}

inline ComparedBlock only_block(ResultFixture& fixture) {
  const auto blocks = compare(load_results(fixture.finish()));
  REQUIRE(blocks.size() == 1);
  return blocks[0];
}

inline const FixtureRow kFabric = {.arm = "fabric", .architecture = "specialists", .family = "fabric"};

}  // namespace loom::testing
