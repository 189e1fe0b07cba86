// SPDX-License-Identifier: Apache-2.0
#include "harness/ranking.h"

#include <algorithm>
#include <cmath>

namespace loom::ranking {
namespace {

std::vector<Entry*> competitors(std::span<Entry> entries) {
  std::vector<Entry*> out;
  for (Entry& entry : entries)
    if (ranked(entry.row)) out.push_back(&entry);
  return out;
}

// The joint test needs the same seeds in every arm. Arms that lost a seed are tested alone on what they share with the
// best, Bonferroni-adjusted: never more significant than the joint test would make them.
void test_against(const Entry& best, const std::vector<Entry*>& others, const ComparedBlock& block) {
  std::vector<Entry*> joint;
  std::vector<std::vector<double>> differences;
  for (Entry* other : others) {
    SeedDifferences pair = seed_differences(best.scored, other->scored, block.higher_is_better);
    if (pair.seeds == best.scored.seeds) {
      joint.push_back(other);
      differences.push_back(std::move(pair.by_seed));
    } else {
      const double p = sign_flip(pair.by_seed, kComparisonSeed);
      other->row.p_adjusted = std::min(1.0, p * static_cast<double>(others.size()));
    }
  }
  const std::vector<double> adjusted = max_t_sign_flip(differences, kComparisonSeed);
  for (size_t i = 0; i < joint.size(); ++i) joint[i]->row.p_adjusted = adjusted[i];
}

// Sizes that meet the same budget differ by up to the solver's tolerance: that is no advantage.
double matched(double ratio) { return std::abs(ratio - 1) <= 0.02 ? 1 : ratio; }

void mark_pareto(const std::vector<Entry*>& arms, const ComparedBlock& block) {
  std::vector<Entry*> costed;
  std::vector<std::vector<double>> points;
  for (Entry* arm : arms) {
    if (!arm->row.plan.costs) continue;
    const double score = arm->row.score;
    const PlannedCosts& costs = *arm->row.plan.costs;
    costed.push_back(arm);
    points.push_back(
        {block.higher_is_better ? score : -score, matched(costs.ratio_infer_flops), matched(costs.ratio_params)});
  }
  for (const size_t index : pareto_front(points)) costed[index]->row.pareto = true;
}

}  // namespace

bool ranked(const ComparedRow& row) {
  return row.status == "ok" && row.plan.role == "arm" && row.plan.information_level == "none";
}

void mark(std::span<Entry> entries, const ComparedBlock& block, const ResultStore& store) {
  std::vector<Entry*> arms = competitors(entries);
  if (arms.empty()) return;
  const auto better = [&](const Entry* a, const Entry* b) {
    return block.higher_is_better ? a->row.score > b->row.score : a->row.score < b->row.score;
  };
  const Entry* best = *std::ranges::min_element(arms, better);
  std::vector<Entry*> others = arms;
  std::erase(others, best);
  test_against(*best, others, block);
  for (Entry* arm : arms) {
    ComparedRow& row = arm->row;
    row.best = arm == best;
    row.not_worse = row.best || *row.p_adjusted > kLevel;
    if (row.best) continue;
    const auto interval = finite_interval(arm->scored, best->scored, block.higher_is_better, store, 1 - 2 * kLevel);
    row.tied = interval && equivalent(*interval, block.margin);
  }
  mark_pareto(arms, block);
}

}  // namespace loom::ranking
