// SPDX-License-Identifier: Apache-2.0
#include "harness/paired_cells.h"

#include <doctest/doctest.h>

#include "harness/random.h"

namespace loom::paired_cells_test {
namespace {

ScoredSeeds scored(std::vector<size_t> seeds, Stream& stream) {
  ScoredSeeds out = {.seeds = std::move(seeds), .macro = {}, .cells = {}};
  CellTable& cells = out.cells;
  cells.seeds = std::ssize(out.seeds);
  cells.cells = 20;
  cells.domains = 1;
  cells.count.assign(20, 1.0);
  cells.domain.assign(20, 0);
  for (int32_t group = 0; group < 20; ++group) cells.group.push_back(group);
  for (size_t seed = 0; seed < out.seeds.size(); ++seed) {
    double sum = 0;
    for (int cell = 0; cell < 20; ++cell) sum += cells.sum.emplace_back(stream.normal());
    out.macro.push_back(sum / 20);
  }
  return out;
}

TEST_CASE("[paired cells] the interval in place is that of the copied pair, whichever way is better") {
  Stream stream(1, "paired");
  const ScoredSeeds whole = scored({0, 1, 2, 3, 4, 5}, stream), same = scored({0, 1, 2, 3, 4, 5}, stream);
  const ScoredSeeds fewer = scored({1, 3, 4, 7}, stream), apart = scored({8, 9}, stream);
  const ResultStore store;
  for (const bool higher : {true, false}) {
    for (const ScoredSeeds* other : {&same, &fewer}) {
      const auto in_place = finite_interval(whole, *other, higher, store, 0.9);
      const PairedDifference pair = paired(whole, *other, higher);
      const auto copied = finite_interval(pair, store, 0.9);
      REQUIRE(in_place);
      REQUIRE(copied);
      CHECK(in_place->low == copied->low);
      CHECK(in_place->high == copied->high);
      CHECK((in_place->low + in_place->high) / 2 == doctest::Approx(pair.mean));
    }
    CHECK_FALSE(finite_interval(whole, apart, higher, store, 0.9));
  }
}

TEST_CASE("[paired cells] differences are of the common seeds and say which side is better") {
  Stream stream(2, "paired");
  const ScoredSeeds a = scored({0, 2, 5}, stream), b = scored({2, 3, 5}, stream);
  const SeedDifferences up = seed_differences(a, b, true), down = seed_differences(a, b, false);
  CHECK(up.seeds == std::vector<size_t>{2, 5});
  CHECK(up.by_seed == std::vector<double>{a.macro[1] - b.macro[0], a.macro[2] - b.macro[2]});
  CHECK(down.by_seed == std::vector<double>{-up.by_seed[0], -up.by_seed[1]});
  CHECK(up.mean == -down.mean);
  CHECK(seed_differences(a, scored({1}, stream), true).seeds.empty());
}

}  // namespace
}  // namespace loom::paired_cells_test
