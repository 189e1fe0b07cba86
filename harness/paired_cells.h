// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "harness/result_store.h"

namespace loom {

// The scored seeds of one row: which they are (position in the plan; a replicate counts as a seed), their macro scores
// and their test cells.
struct ScoredSeeds {
  std::vector<size_t> seeds;
  std::vector<double> macro;
  CellTable cells;
};
ScoredSeeds scored_seeds(const ResultStore& store, const PlannedRow& row);

// a - b on the seeds that both have, signed so that positive means a is better.
struct SeedDifferences {
  std::vector<size_t> seeds;
  std::vector<double> by_seed;
  double mean = 0;  // 0 without a common seed
};
SeedDifferences seed_differences(const ScoredSeeds& a, const ScoredSeeds& b, bool higher_is_better);

// With copies of the test cells of those seeds.
struct PairedDifference : SeedDifferences {
  CellTable a, b;  // b - a where lower is better
};
PairedDifference paired(const ScoredSeeds& a, const ScoredSeeds& b, bool higher_is_better);

// Nothing where it would be infinite (one seed and one group) or no seed is common.
std::optional<Interval> finite_interval(const CellTable& table, const ResultStore& store, double confidence);
std::optional<Interval> finite_interval(const PairedDifference& pair, const ResultStore& store, double confidence);
// Of paired(a, b); where both have the same seeds, nothing is copied.
std::optional<Interval> finite_interval(const ScoredSeeds& a, const ScoredSeeds& b, bool higher_is_better,
                                        const ResultStore& store, double confidence);

inline constexpr uint64_t kComparisonSeed = 0;  // of every resampling: a table is a pure function of records

}  // namespace loom
