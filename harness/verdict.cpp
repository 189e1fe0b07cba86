// SPDX-License-Identifier: Apache-2.0
#include "harness/verdict.h"

#include <algorithm>
#include <boost/math/distributions/non_central_t.hpp>
#include <cmath>

#include "harness/error.h"

namespace loom {
namespace verdict_detail {
namespace {

constexpr double kPower = 0.8;
constexpr int kPairsMax = 1'000'000;

bool detects(double effect_sd, int pairs, double level) {
  const double degrees = pairs - 1;
  const double shift = effect_sd * std::sqrt(static_cast<double>(pairs));
  const double critical = student_t_quantile(1 - level / 2, degrees);
  if (shift > 2 * critical + 10) return true;  // the noncentral t loses its digits far out
  const boost::math::non_central_t distribution(degrees, shift);
  return boost::math::cdf(boost::math::complement(distribution, critical)) >= kPower;
}

// At a true difference of 0 both one-sided tests pass with power .8 when the estimate's central 80 % lie inside.
bool ties(double margin_sd, int pairs, double level) {
  const double degrees = pairs - 1;
  const double room = student_t_quantile(1 - level, degrees) + student_t_quantile((1 + kPower) / 2, degrees);
  return margin_sd * std::sqrt(static_cast<double>(pairs)) >= room;
}

template <class Enough>
std::optional<int> least(int from, Enough enough) {
  int high = from;
  while (!enough(high)) {
    if (high > kPairsMax / 2) return std::nullopt;
    high *= 2;
  }
  int low = high == from ? from - 1 : high / 2;
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    (enough(middle) ? high : low) = middle;
  }
  return high;
}

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
  using namespace verdict_detail;
  if (differences.size() < 2 || !(effect > 0)) return std::nullopt;
  const double spread = standard_deviation(differences);
  const int floor = sign_flip_floor(level);
  if (spread == 0) return floor;
  return least(floor, [&](int pairs) { return detects(effect / spread, pairs, level); });
}

std::optional<int> needed_pairs_tie(std::span<const double> differences, double margin, double level) {
  using namespace verdict_detail;
  if (differences.size() < 2 || !(margin > 0)) return std::nullopt;
  const double spread = standard_deviation(differences);
  if (spread == 0) return 2;
  return least(2, [&](int pairs) { return ties(margin / spread, pairs, level); });
}

}  // namespace loom
