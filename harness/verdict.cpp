// SPDX-License-Identifier: Apache-2.0
#include "harness/verdict.h"

#include <algorithm>
#include <cmath>

#include "harness/error.h"
#include "harness/power.h"

namespace loom {
namespace verdict_detail {
namespace {

int sign_flip_floor(double level) {
  int pairs = 2;
  while (2 / std::pow(2.0, pairs) > level) ++pairs;  // the smallest p of n pairs is 2 / 2^n
  return pairs;
}

}  // namespace
}  // namespace verdict_detail

std::string verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::supported:
      return "SUPPORTED";
    case Verdict::refuted:
      return "REFUTED";
    case Verdict::reversed:
      return "REVERSED";
    case Verdict::tied:
      return "TIED";
    case Verdict::undecided:
      return "UNDECIDED";
    case Verdict::conditional:
      return "CONDITIONAL";
  }
  fail("a verdict without a word");
}

CellVerdict cell_verdict(const CellEvidence& evidence) {
  if (evidence.pairs < evidence.pairs_needed || !evidence.interval) return {};
  const auto [low, high] = *evidence.interval;
  if (high < -evidence.margin) return {.verdict = Verdict::reversed};
  if (evidence.equivalence && equivalent(*evidence.equivalence, evidence.margin)) return {.verdict = Verdict::tied};
  if (high < evidence.margin) return {.verdict = Verdict::refuted};
  const bool supported = evidence.p_adjusted <= kVerdictLevel && low > 0 && evidence.theta >= evidence.margin;
  if (!supported) return {};
  return {.verdict = Verdict::supported, .strong = low >= evidence.margin};
}

ClaimVerdict claim_verdict(std::span<const Verdict> cells) {
  const auto count = [&](Verdict word) { return std::ranges::count(cells, word); };
  const auto supported = count(Verdict::supported), reversed = count(Verdict::reversed), tied = count(Verdict::tied);
  const auto all = std::ssize(cells);
  if (supported > 0 && reversed > 0) return {.verdict = Verdict::conditional};
  if (supported > 0 && 3 * supported >= 2 * all) return {.verdict = Verdict::supported, .robust = all > 1};
  if (2 * supported > all) return {.verdict = Verdict::supported};
  if (2 * reversed > all) return {.verdict = Verdict::reversed};
  if (2 * tied > all) return {.verdict = Verdict::tied};
  if (2 * (count(Verdict::refuted) + reversed + tied) > all) return {.verdict = Verdict::refuted};
  return {};
}

std::optional<int> needed_pairs(std::span<const double> differences, double effect, double level) {
  if (differences.size() < 2 || !(effect > 0)) return std::nullopt;
  const auto seeds = needed_seeds(standard_deviation(differences), effect, level);
  if (!seeds) return std::nullopt;
  return std::max(static_cast<int>(*seeds), verdict_detail::sign_flip_floor(level));
}

std::optional<int> needed_pairs_tie(std::span<const double> differences, double margin, double level) {
  if (differences.size() < 2 || !(margin > 0)) return std::nullopt;
  const auto seeds = needed_seeds_equivalence(standard_deviation(differences), margin, level);
  return seeds ? std::optional(static_cast<int>(*seeds)) : std::nullopt;
}

}  // namespace loom
