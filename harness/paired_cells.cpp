// SPDX-License-Identifier: Apache-2.0
#include "harness/paired_cells.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "harness/cells.h"
#include "harness/error.h"

namespace loom {
namespace paired_cells_detail {
namespace {

CellTable keep(const ScoredSeeds& from, const std::vector<size_t>& seeds) {
  if (from.seeds == seeds) return from.cells;
  CellTable table = from.cells;
  table.seeds = std::ssize(seeds);
  table.sum.clear();
  for (size_t i = 0; i < from.seeds.size(); ++i) {
    if (!std::ranges::binary_search(seeds, from.seeds[i])) continue;
    const auto begin = from.cells.sum.begin() + static_cast<int64_t>(i) * from.cells.cells;
    table.sum.insert(table.sum.end(), begin, begin + from.cells.cells);
  }
  return table;
}

void add_trial(CellTable& table, const TrialResult& trial, const std::string& id) {
  try {
    add_seed(table, trial.cells);
  } catch (const InputError& error) {
    throw InputError("trial " + id + ": " + error.what() + "; see loom verify");
  } catch (const Json::exception& error) {
    throw InputError("trial " + id + ": its cells are not what loom wrote (" + error.what() + "); see loom verify");
  }
}

// A trial of R replicates stands for the seeds seed * R .. seed * R + R - 1.
void add_trial(ScoredSeeds& out, size_t seed, const TrialResult& trial, const std::string& id) {
  if (trial.replicates.empty()) {
    out.seeds.push_back(seed);
    out.macro.push_back(trial.test.macro);
    add_trial(out.cells, trial, id);
    return;
  }
  for (size_t i = 0; i < trial.replicates.size(); ++i) {
    out.seeds.push_back(seed * trial.replicates.size() + i);
    out.macro.push_back(trial.replicates[i]);
    out.cells.sum.push_back(trial.replicates[i]);
    ++out.cells.seeds;
  }
}

std::optional<Interval> finite(const Interval& interval) {
  if (!std::isfinite(interval.low) || !std::isfinite(interval.high)) return std::nullopt;
  return interval;
}

}  // namespace
}  // namespace paired_cells_detail

ScoredSeeds scored_seeds(const ResultStore& store, const PlannedRow& row) {
  ScoredSeeds out;
  const TrialResult* first = nullptr;
  for (size_t seed = 0; seed < row.trials.size(); ++seed) {
    const auto found = store.trials.find(row.trials[seed]);
    if (found == store.trials.end() || found->second.status != "ok") continue;
    const TrialResult& trial = found->second;
    if (first == nullptr) {
      first = &trial;
      const auto domains = std::ssize(store.suites.at(row.suite).domains);
      out.cells = trial.replicates.empty() ? store.layouts.at(trial.layout) : replicate_table(domains);
      out.cells.sum.reserve(row.trials.size() * out.cells.count.size());
    } else if (trial.layout != first->layout || trial.replicates.size() != first->replicates.size()) {
      throw InputError("trial " + row.trials[seed] +
                       ": its test cells are not those of the other seeds; see loom verify");
    }
    paired_cells_detail::add_trial(out, seed, trial, row.trials[seed]);
  }
  return out;
}

SeedDifferences seed_differences(const ScoredSeeds& a, const ScoredSeeds& b, bool higher_is_better) {
  SeedDifferences out;
  for (size_t i = 0; i < a.seeds.size(); ++i) {
    const auto found = std::ranges::find(b.seeds, a.seeds[i]);
    if (found == b.seeds.end()) continue;
    const double difference = a.macro[i] - b.macro[static_cast<size_t>(found - b.seeds.begin())];
    out.seeds.push_back(a.seeds[i]);
    out.by_seed.push_back(higher_is_better ? difference : -difference);
  }
  if (!out.seeds.empty()) out.mean = mean(out.by_seed);
  return out;
}

PairedDifference paired(const ScoredSeeds& a, const ScoredSeeds& b, bool higher_is_better) {
  PairedDifference out = {seed_differences(a, b, higher_is_better), {}, {}};
  if (out.seeds.empty()) return out;
  out.a = paired_cells_detail::keep(higher_is_better ? a : b, out.seeds);
  out.b = paired_cells_detail::keep(higher_is_better ? b : a, out.seeds);
  return out;
}

std::optional<Interval> finite_interval(const CellTable& table, const ResultStore& store, double confidence) {
  if (table.seeds == 0) return std::nullopt;
  return paired_cells_detail::finite(crossed_interval(table, kComparisonSeed, store.resamples, confidence));
}

std::optional<Interval> finite_interval(const PairedDifference& pair, const ResultStore& store, double confidence) {
  if (pair.seeds.empty()) return std::nullopt;
  return paired_cells_detail::finite(crossed_interval(pair.a, pair.b, kComparisonSeed, store.resamples, confidence));
}

std::optional<Interval> finite_interval(const ScoredSeeds& a, const ScoredSeeds& b, bool higher_is_better,
                                        const ResultStore& store, double confidence) {
  if (a.seeds.empty() || a.seeds != b.seeds) return finite_interval(paired(a, b, higher_is_better), store, confidence);
  const auto& [better, worse] = higher_is_better ? std::tie(a, b) : std::tie(b, a);
  return paired_cells_detail::finite(
      crossed_interval(better.cells, worse.cells, kComparisonSeed, store.resamples, confidence));
}

}  // namespace loom
