// SPDX-License-Identifier: Apache-2.0
#include "harness/power.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <cmath>
#include <limits>

#include "harness/error.h"
#include "harness/statistics.h"

namespace loom {

namespace power_detail {
namespace {

void check_design(double level, double power) {
  check(level > 0 && level < power && power < 1, "a design needs 0 < level < power < 1");
}

// Power of the two-sided t test whose statistic is noncentral t with this shift.
double power_at(double shift, double critical, double degrees) {
  // Boost counts terms in an int. So far out the mean is as good as fixed and only the spread of the sample is chance.
  if (shift > 1e4) return boost::math::cdf(boost::math::chi_squared(degrees), degrees * std::pow(shift / critical, 2));
  // In double: long double, the default, took a third of the time of 1,116 cells of claims and changes no digit shown.
  using Double = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
  const boost::math::non_central_t_distribution<double, Double> distribution(degrees, shift);
  return boost::math::cdf(boost::math::complement(distribution, critical)) + boost::math::cdf(distribution, -critical);
}

// The smallest count in [2, kMostSeeds] that `enough` accepts, where it accepts all larger ones.
template <class Enough>
std::optional<int64_t> fewest(Enough enough) {
  if (!enough(kMostSeeds)) return std::nullopt;
  int64_t low = 1, high = kMostSeeds;
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    (enough(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace
}  // namespace power_detail

double minimum_detectable_effect(int64_t seeds, double level, double power) {
  power_detail::check_design(level, power);
  check(seeds >= 2, "a detectable effect needs two seeds");
  const double degrees = static_cast<double>(seeds - 1);
  const double critical = student_t_quantile(1 - level / 2, degrees);
  double low = 0, high = 1;
  while (power_detail::power_at(high, critical, degrees) < power) high *= 2;
  for (int halving = 0; halving < 40; ++halving) {
    const double middle = (low + high) / 2;
    (power_detail::power_at(middle, critical, degrees) < power ? low : high) = middle;
  }
  return high / std::sqrt(static_cast<double>(seeds));
}

double minimum_detectable_effect(std::span<const double> differences, double level, double power) {
  power_detail::check_design(level, power);
  if (differences.size() < 2) return std::numeric_limits<double>::infinity();
  return minimum_detectable_effect(static_cast<int64_t>(differences.size()), level, power) *
         standard_deviation(differences);
}

double paired_t_power(int64_t seeds, double effect, double level) {
  check(seeds >= 2 && level > 0 && level < 1, "a power needs two seeds and 0 < level < 1");
  const double degrees = static_cast<double>(seeds - 1);
  const double shift = std::abs(effect) * std::sqrt(static_cast<double>(seeds));
  return power_detail::power_at(shift, student_t_quantile(1 - level / 2, degrees), degrees);
}

// Equivalent when |mean| + t * u / sqrt(n) < margin, with u the sample's standard deviation over the true one. Mean and
// u are independent, so the probability is an integral over u, whose square is chi-squared / degrees (Phillips 1990).
// The usual difference of two noncentral t probabilities forgets that u must leave room and can be negative.
double equivalence_power(int64_t seeds, double margin, double level) {
  check(seeds >= 2 && margin > 0 && level > 0 && level < 0.5, "a power needs two seeds, a margin and 0 < level < 1/2");
  const double degrees = static_cast<double>(seeds - 1);
  const double room = margin * std::sqrt(static_cast<double>(seeds));
  const double critical = student_t_quantile(1 - level, degrees);
  const boost::math::chi_squared squares(degrees);
  const boost::math::normal normal;
  const auto density = [&](double u) {
    const double inside = 2 * boost::math::cdf(normal, room - critical * u) - 1;
    return inside * 2 * degrees * u * boost::math::pdf(squares, degrees * u * u);
  };
  // All but 1e-14 of the mass: for many seeds it is a narrow peak that a wide range would hide.
  const double low = std::sqrt(boost::math::quantile(squares, 1e-14) / degrees);
  const double tail = std::sqrt(boost::math::quantile(boost::math::complement(squares, 1e-14)) / degrees);
  const double high = std::min(room / critical, tail);
  if (high <= low) return 0;
  return boost::math::quadrature::gauss_kronrod<double, 31>::integrate(density, low, high, 12, 1e-12);
}

std::optional<int64_t> needed_seeds(double spread, double effect, double level, double power) {
  power_detail::check_design(level, power);
  check(spread >= 0 && std::isfinite(effect), "needed seeds are of a spread and a finite effect");
  if (effect == 0) return std::nullopt;
  return power_detail::fewest(
      [&](int64_t seeds) { return minimum_detectable_effect(seeds, level, power) * spread <= std::abs(effect); });
}

std::optional<int64_t> needed_seeds_equivalence(double spread, double margin, double level, double power) {
  power_detail::check_design(level, power);
  check(power >= 0.5 && spread >= 0 && margin > 0, "needed seeds are of a power >= 1/2, a spread and a margin > 0");
  if (spread == 0) return 2;
  return power_detail::fewest([&](int64_t seeds) { return equivalence_power(seeds, margin / spread, level) >= power; });
}

}  // namespace loom
