// SPDX-License-Identifier: Apache-2.0
#include "harness/mechanism.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "harness/arm_comparison.h"
#include "harness/error.h"
#include "harness/paired_cells.h"
#include "harness/power.h"

namespace loom {
namespace mechanism_detail {
namespace {

constexpr std::array kFactors = {"tag", "width", "data", "steps"};
constexpr size_t kCells = 16, kData = 2;

// Bit i of a cell says whether it has factor i.
struct Cell {
  const PlannedRow* row = nullptr;
  ScoredSeeds scored = {};
};
using Cells = std::array<Cell, kCells>;

struct Design {
  std::string suite, thinned;
  double params = 1, steps = 1, data = 1;
};

size_t index_of(const Json& component, bool all_data) {
  return (component.at("tag").get<bool>() ? 1 : 0) | (component.at("params") != 1 ? 2 : 0) |
         (all_data ? size_t{1} << kData : 0) | (component.at("steps") != 1 ? 8 : 0);
}

Design design_of(const ResultStore& store, const std::string& suite, const std::string& thinned, double keep) {
  Design design{suite, thinned, 1, 1, 1 / keep};
  for (const PlannedRow& row : store.rows) {
    if (row.suite != thinned || row.architecture != "enlarged") continue;
    for (const auto& [key, value] : {std::pair("params", &design.params), std::pair("steps", &design.steps)}) {
      const double own = row.component.at(key);
      if (own == 1) continue;
      if (*value != 1 && *value != own)
        throw InputError("suite '" + thinned + "': arms 'enlarged' of two different " + key +
                         "; a factor has two levels");
      *value = own;
    }
  }
  return design;
}

std::string words_of(size_t cell, const Design& design) {
  return std::string("enlarged: {tag: ") + ((cell & 1) != 0 ? "true" : "false") +
         ", params: " + Json((cell & 2) != 0 ? design.params : 1).dump() +
         ", steps: " + Json((cell & 8) != 0 ? design.steps : 1).dump() + "} on suite '" +
         ((cell >> kData & 1) != 0 ? design.suite : design.thinned) + "'";
}

// The rows of all sixteen cells; budgets do not touch them, so that the first column that holds one will do.
Cells cells_of(const ResultStore& store, const Design& design) {
  Cells cells;
  for (const PlannedRow& row : store.rows) {
    const bool all_data = row.suite == design.suite;
    if ((!all_data && row.suite != design.thinned) || row.architecture != "enlarged" || row.status != "ok") continue;
    Cell& cell = cells[index_of(row.component, all_data)];
    if (cell.row == nullptr) cell = {&row, scored_seeds(store, row)};
  }
  for (size_t i = 0; i < kCells; ++i)
    if (cells[i].row == nullptr || cells[i].scored.seeds.empty())
      throw InputError("the mechanism lacks a scored arm " + words_of(i, design));
  return cells;
}

std::vector<size_t> common_seeds(const Cells& cells) {
  std::vector<size_t> common = cells[0].scored.seeds;
  for (const Cell& cell : cells)
    std::erase_if(common, [&](size_t seed) { return std::ranges::count(cell.scored.seeds, seed) == 0; });
  return common;
}

// The sixteen cells weighted by numbers that add up to zero, seed by seed and test group by test group.
class Contrast {
 public:
  Contrast(const ResultStore& store, const Cells& cells, const std::vector<size_t>& seeds, bool higher)
      : store_(store), cells_(cells), seeds_(seeds), sign_(higher ? 1 : -1) {}

  Effect of(const std::array<double, kCells>& weights) const {
    Effect effect;
    effect.by_seed.assign(seeds_.size(), 0);
    CellTable plus = cells_[0].scored.cells;
    plus.seeds = std::ssize(seeds_);
    plus.sum.assign(seeds_.size() * static_cast<size_t>(plus.cells), 0);
    CellTable minus = plus;
    for (size_t i = 0; i < kCells; ++i) {
      const double weight = sign_ * weights[i];
      if (weight == 0) continue;
      add(cells_[i].scored, weight, weight > 0 ? plus : minus, effect.by_seed);
    }
    if (seeds_.empty()) return effect;
    effect.mean = mean(effect.by_seed);
    const Interval found = crossed_interval(plus, minus, kComparisonSeed, store_.resamples, store_.confidence);
    if (std::isfinite(found.low) && std::isfinite(found.high)) effect.interval = found;
    return effect;
  }

 private:
  void add(const ScoredSeeds& scored, double weight, CellTable& into, std::vector<double>& by_seed) const {
    check(scored.cells.count == into.count, "the suites of a mechanism have one test");
    const auto width = static_cast<size_t>(into.cells);
    for (size_t s = 0; s < seeds_.size(); ++s) {
      const auto at = static_cast<size_t>(std::ranges::find(scored.seeds, seeds_[s]) - scored.seeds.begin());
      by_seed[s] += weight * scored.macro[at];
      for (size_t c = 0; c < width; ++c) into.sum[s * width + c] += std::abs(weight) * scored.cells.sum[at * width + c];
    }
  }

  const ResultStore& store_;
  const Cells& cells_;
  const std::vector<size_t>& seeds_;
  double sign_;
};

std::array<double, kCells> one_against_none(size_t cell) {
  std::array<double, kCells> weights{};
  weights[cell] = 1;
  weights[0] -= 1;
  return weights;
}

// |S|! (3 - |S|)! / 4! for each set S of the other factors: with the factor less without it.
std::array<double, kCells> shapley_weights(size_t factor) {
  constexpr std::array kShare = {6 / 24.0, 2 / 24.0, 2 / 24.0, 6 / 24.0};
  std::array<double, kCells> weights{};
  for (size_t without = 0; without < kCells; ++without) {
    if ((without >> factor & 1) != 0) continue;
    const double share = kShare[static_cast<size_t>(std::popcount(without))];
    weights[without | size_t{1} << factor] += share;
    weights[without] -= share;
  }
  return weights;
}

// Arms, those told the domain, and of the nulls the one that shares all but the domains: the random split.
bool is_compared(const PlannedRow& row) {
  const Json partition = row.component.value("partition", Json::object());
  return row.role != "null" || (partition.is_object() && partition.value("name", "") == "random");
}

// Fabrics against the plain monolith of their column.
std::vector<MechanismGap> gaps_of(const ResultStore& store, const Design& design, const PlannedRow& plain) {
  std::vector<MechanismGap> gaps;
  std::vector<std::string> seen;
  for (const PlannedRow& row : store.rows) {
    if (row.suite != design.thinned || row.family != "fabric" || row.status != "ok" || !is_compared(row)) continue;
    if (std::ranges::count(seen, row.arm) > 0) continue;
    seen.push_back(row.arm);
    for (const ArmCell& cell : compare_arms(store, plain.arm, row.arm).cells) {
      if (cell.suite != design.thinned || cell.pairs == 0) continue;
      const auto score = std::ranges::find(cell.measures, "score", &Measure::name);
      if (score == cell.measures.end()) continue;
      const double spread = score->by_seed.size() > 1 ? standard_deviation(score->by_seed) : kUnknown;
      gaps.push_back({.column = cell.column,
                      .fabric = row.arm,
                      .role = row.role,
                      .gap = {score->by_seed, cell.difference, cell.interval},
                      .margin = cell.margin,
                      .verdict = cell.verdict,
                      .needed_seeds = std::isfinite(spread) ? needed_seeds(spread, cell.margin) : std::nullopt});
    }
  }
  return gaps;
}

Mechanism examined(const ResultStore& store, const Design& design) {
  const SuiteFacts& facts = store.suites.at(design.suite);
  const Cells cells = cells_of(store, design);
  Mechanism found{.suite = design.suite,
                  .thinned = design.thinned,
                  .metric = facts.metric,
                  .seeds = common_seeds(cells),
                  .factors = {},
                  .together = {},
                  .gaps = gaps_of(store, design, *cells[0].row)};
  const Contrast contrast(store, cells, found.seeds, facts.higher_is_better);
  const std::array multiples = {1.0, design.params, design.data, design.steps};
  for (size_t i = 0; i < kFactors.size(); ++i)
    found.factors.push_back(
        {kFactors[i], multiples[i], contrast.of(one_against_none(size_t{1} << i)), contrast.of(shapley_weights(i))});
  found.together = contrast.of(one_against_none(kCells - 1));
  return found;
}

}  // namespace
}  // namespace mechanism_detail

std::vector<Mechanism> mechanisms(const ResultStore& store) {
  using namespace mechanism_detail;
  std::vector<Mechanism> found;
  const Json& suites = store.experiment.at("suites");
  for (const Json& small : suites) {
    const Json& component = small.at("suite");
    if (!component.is_object() || component.value("name", "") != "thinned") continue;
    for (const Json& whole : suites)
      if (whole.at("suite") == component.at("of"))
        found.push_back(examined(store, design_of(store, whole.at("label"), small.at("label"), component.at("keep"))));
  }
  if (found.empty())
    throw InputError(
        "no mechanism to take apart: it needs a suite, the same suite `thinned`, and arms `enlarged` on both (see "
        "configs/mechanism/)");
  return found;
}

}  // namespace loom
