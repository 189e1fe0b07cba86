// SPDX-License-Identifier: Apache-2.0
#include "harness/effects.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>

#include "harness/error.h"

namespace loom {

namespace effects_detail {
namespace {

// Variance of the share of won pairs at truth p under the exponential model of Hanley and McNeil (1982), its two
// counts replaced by their mean where they weigh the covariances (Newcombe 2006).
double pair_variance(double p, double a, double b) {
  const double extra = (a + b) / 2 - 1;
  return p * (1 - p) * (1 + extra * ((1 - p) / (2 - p) + p / (1 + p))) / (a * b);
}

// The truth between `observed` and `end` that lies `critical` standard errors from what was observed.
template <class Variance>
double score_limit(double observed, double end, double critical, Variance variance) {
  double inside = observed, outside = end;
  for (int halving = 0; halving < 60; ++halving) {
    const double middle = (inside + outside) / 2;
    (std::abs(middle - observed) <= critical * std::sqrt(variance(middle)) ? inside : outside) = middle;
  }
  return inside;
}

double share_above(const std::vector<double>& scores, double threshold) {
  double above = 0, known = 0;
  for (double score : scores) {
    known += std::isnan(score) ? 0 : 1;
    above += score > threshold ? 1 : 0;
  }
  check(known > 0, "a profile needs a score in every seed");
  return above / known;
}

}  // namespace
}  // namespace effects_detail

double probability_of_improvement(std::span<const double> a, std::span<const double> b) {
  check(!a.empty() && !b.empty(), "a probability of improvement needs values on both sides");
  double wins = 0;
  for (double left : a) {
    for (double right : b) wins += left > right ? 1.0 : left == right ? 0.5 : 0.0;
  }
  return wins / (static_cast<double>(a.size()) * static_cast<double>(b.size()));
}

Interval improvement_interval(std::span<const double> a, std::span<const double> b, double confidence) {
  check(confidence > 0 && confidence < 1, "a confidence lies in (0, 1)");
  const double observed = probability_of_improvement(a, b);
  const double critical = boost::math::quantile(boost::math::normal(), 0.5 + confidence / 2);
  const auto variance = [&](double p) {
    return effects_detail::pair_variance(p, static_cast<double>(a.size()), static_cast<double>(b.size()));
  };
  return {effects_detail::score_limit(observed, 0, critical, variance),
          effects_detail::score_limit(observed, 1, critical, variance)};
}

std::vector<double> performance_profile(std::span<const std::vector<double>> scores,
                                        std::span<const double> thresholds) {
  check(!scores.empty(), "a profile needs at least one seed");
  std::vector<double> profile;
  for (double threshold : thresholds) {
    double sum = 0;
    for (const auto& seed : scores) sum += effects_detail::share_above(seed, threshold);
    profile.push_back(sum / static_cast<double>(scores.size()));
  }
  return profile;
}

double mcnemar_exact(int64_t only_a, int64_t only_b) {
  check(only_a >= 0 && only_b >= 0, "McNemar's test needs counts");
  if (only_a == only_b) return 1;
  const boost::math::binomial coin(static_cast<double>(only_a + only_b), 0.5);
  return std::min(1.0, 2 * boost::math::cdf(coin, static_cast<double>(std::min(only_a, only_b))));
}

}  // namespace loom
