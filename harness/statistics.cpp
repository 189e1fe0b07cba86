// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "harness/error.h"

namespace loom {

namespace statistics_detail {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool any_nan(std::span<const double> values) {
  return std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); });
}

bool dominates(const std::vector<double>& a, const std::vector<double>& b) {
  bool better = a[0] > b[0];
  if (a[0] < b[0]) return false;
  for (size_t axis = 1; axis < a.size(); ++axis) {
    if (a[axis] > b[axis]) return false;
    better = better || a[axis] < b[axis];
  }
  return better;
}

}  // namespace
}  // namespace statistics_detail

double mean(std::span<const double> values) {
  check(!values.empty(), "a mean needs at least one value");
  double sum = 0;
  for (double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double standard_deviation(std::span<const double> values) {
  if (values.size() < 2) return 0;
  // A sum over equal values is rounded: without this, constant data would get a tiny spread and infinite t values.
  if (std::all_of(values.begin(), values.end(), [&](double value) { return value == values[0]; })) return 0;
  const double centre = mean(values);
  double squares = 0;
  for (double value : values) squares += (value - centre) * (value - centre);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double interquartile_mean(std::span<const double> values) {
  check(!values.empty(), "an interquartile mean needs at least one value");
  if (statistics_detail::any_nan(values)) return statistics_detail::kNan;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const double count = static_cast<double>(sorted.size());
  double sum = 0;
  // Value i occupies [i, i + 1) of the axis; its weight is its overlap with the middle half.
  for (size_t i = 0; i < sorted.size(); ++i) {
    const double left = static_cast<double>(i);
    const double weight = std::min(left + 1, 0.75 * count) - std::max(left, 0.25 * count);
    if (weight > 0) sum += weight * sorted[i];
  }
  return sum / (0.5 * count);
}

double quantile(std::vector<double> values, double level) {
  check(level >= 0 && level <= 1, "a quantile level lies in [0, 1]");
  if (statistics_detail::any_nan(values)) return statistics_detail::kNan;
  std::sort(values.begin(), values.end());
  return sorted_quantile(values, level);
}

double sorted_quantile(std::span<const double> ascending, double level) {
  check(!ascending.empty(), "a quantile needs at least one value");
  check(level >= 0 && level <= 1, "a quantile level lies in [0, 1]");
  const double position = level * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<size_t>(position);
  const double fraction = position - static_cast<double>(below);
  if (fraction == 0) return ascending[below];
  return ascending[below] + fraction * (ascending[below + 1] - ascending[below]);
}

double half_width(const GroupError& error, double confidence) {
  return student_t_quantile(0.5 + confidence / 2, error.degrees) * error.standard_error;
}

double student_t_quantile(double probability, double degrees) {
  check(probability > 0 && probability < 1 && degrees > 0, "a t quantile needs 0 < probability < 1 and degrees > 0");
  return boost::math::quantile(boost::math::students_t(degrees), probability);
}

Interval t_interval(std::span<const double> values, double confidence) {
  check(!values.empty(), "an interval needs at least one value");
  check(confidence > 0 && confidence < 1, "a confidence lies in (0, 1)");
  if (values.size() == 1) return {-statistics_detail::kInfinity, statistics_detail::kInfinity};
  const double count = static_cast<double>(values.size());
  const double critical = student_t_quantile(0.5 + confidence / 2, count - 1);
  const double half = critical * standard_deviation(values) / std::sqrt(count);
  const double centre = mean(values);
  return {centre - half, centre + half};
}

bool equivalent(const Interval& interval90, double margin) {
  return interval90.low > -margin && interval90.high < margin;
}

double equivalence_p(std::span<const double> differences, double margin) {
  check(margin > 0, "an equivalence margin is above 0");
  const double room = margin - std::abs(mean(differences));  // to the nearer end of (-margin, margin)
  check(std::isfinite(room), "an equivalence test needs finite differences");
  if (differences.size() < 2) return 1;
  const double count = static_cast<double>(differences.size());
  const double error = standard_deviation(differences) / std::sqrt(count);
  if (error == 0) return room > 0 ? 0 : 1;
  return boost::math::cdf(boost::math::complement(boost::math::students_t(count - 1), room / error));
}

std::vector<size_t> pareto_front(std::span<const std::vector<double>> points) {
  std::vector<size_t> front;
  for (size_t i = 0; i < points.size(); ++i) {
    check(!points[i].empty() && points[i].size() == points[0].size(), "points of a front have equal axes");
    // An unmeasured axis makes a point incomparable: it would otherwise sit on every front.
    bool kept = !statistics_detail::any_nan(points[i]);
    for (size_t j = 0; j < points.size() && kept; ++j) {
      kept = statistics_detail::any_nan(points[j]) || !statistics_detail::dominates(points[j], points[i]);
    }
    if (kept) front.push_back(i);
  }
  return front;
}

}  // namespace loom
