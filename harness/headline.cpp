// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "harness/power.h"
#include "harness/ranking.h"

namespace loom::ranking {
namespace {

bool better(double a, double b, const ComparedBlock& block) { return block.higher_is_better ? a > b : a < b; }

// Chosen on validation, so that the test is opened for one pair only.
const Entry* chosen(std::span<const Entry> entries, const ComparedBlock& block, const char* family) {
  const Entry* found = nullptr;
  for (const Entry& entry : entries) {
    if (!ranked(entry.row) || entry.row.plan.family != family) continue;
    if (found == nullptr || better(entry.row.validation, found->row.validation, block)) found = &entry;
  }
  return found;
}

// Chosen on the test, against the fabric's interest: a fabric must beat the strongest of its controls.
const Entry* best_null(std::span<const Entry> entries, const ComparedBlock& block) {
  const Entry* found = nullptr;
  for (const Entry& entry : entries) {
    if (entry.row.status != "ok" || entry.row.plan.role != "null") continue;
    if (found == nullptr || better(entry.row.score, found->row.score, block)) found = &entry;
  }
  return found;
}

// Better needs both tests: the interval generalises to new seeds and test groups, the sign flips assume nothing of the
// distribution. A difference surely below the smallest effect of interest is a tie, significant or not.
std::string verdict(const Headline& headline, const std::optional<Interval>& interval90, double margin) {
  if (interval90 && equivalent(*interval90, margin)) return "tied";
  const bool significant = headline.p <= kLevel && headline.interval;
  if (significant && headline.interval->low > 0) return "fabric better";
  if (significant && headline.interval->high < 0) return "monolith better";
  return "undecided";
}

void against_null(Headline& headline, const Entry& fabric, const Entry& null, const ComparedBlock& block,
                  const ResultStore& store) {
  const SeedDifferences pair = seed_differences(fabric.scored, null.scored, block.higher_is_better);
  headline.null_arm = null.row.plan.arm;
  headline.null_difference = pair.mean;
  headline.null_interval = finite_interval(fabric.scored, null.scored, block.higher_is_better, store, block.confidence);
  headline.beats_null =
      headline.null_interval && headline.null_interval->low > 0 && sign_flip(pair.by_seed, kComparisonSeed) <= kLevel;
}

}  // namespace

std::optional<Headline> headline(std::span<const Entry> entries, const ComparedBlock& block, const ResultStore& store) {
  const Entry* fabric = chosen(entries, block, "fabric");
  const Entry* monolith = chosen(entries, block, "monolith");
  if (fabric == nullptr || monolith == nullptr) return std::nullopt;
  const SeedDifferences pair = seed_differences(fabric->scored, monolith->scored, block.higher_is_better);
  if (pair.seeds.empty()) return std::nullopt;
  Headline out;
  out.fabric = fabric->row.plan.arm;
  out.monolith = monolith->row.plan.arm;
  out.seeds = static_cast<int>(pair.seeds.size());
  out.difference = pair.mean;
  out.p = sign_flip(pair.by_seed, kComparisonSeed);
  const auto interval = [&](double confidence) {
    return finite_interval(fabric->scored, monolith->scored, block.higher_is_better, store, confidence);
  };
  out.interval = interval(block.confidence);
  if (const double detectable = minimum_detectable_effect(pair.by_seed); std::isfinite(detectable)) {
    out.detectable = detectable;
  }
  const PairedDifference cells = paired(fabric->scored, monolith->scored, block.higher_is_better);
  out.floor = half_width(group_error(cells.a, cells.b), block.confidence);
  out.verdict = verdict(out, interval(1 - 2 * kLevel), block.margin);
  if (const Entry* null = best_null(entries, block)) against_null(out, *fabric, *null, block, store);
  return out;
}

}  // namespace loom::ranking
