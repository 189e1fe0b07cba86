// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics.h"

#include <cmath>

#include "harness/error.h"
#include "harness/random.h"

namespace loom {

namespace resampling_detail {
namespace {

constexpr size_t kBootstrapMinimum = 4;

std::vector<double> studentised_means(std::span<const double> values, uint64_t seed, int resamples) {
  Stream stream(seed, "bootstrap_t");
  const double centre = mean(values), root = std::sqrt(static_cast<double>(values.size()));
  std::vector<double> draw(values.size()), result;
  for (int resample = 0; resample < resamples; ++resample) {
    for (double& value : draw) value = values[stream.below(values.size())];
    const double spread = standard_deviation(draw);
    // A draw of one value repeated has no t; its probability is n^(1 - n).
    if (spread > 0) result.push_back((mean(draw) - centre) * root / spread);
  }
  return result;
}

}  // namespace
}  // namespace resampling_detail

Interval bootstrap_t(std::span<const double> values, uint64_t seed, int resamples, double confidence) {
  check(resamples > 0, "a bootstrap needs resamples");
  check(confidence > 0 && confidence < 1, "a confidence lies in (0, 1)");
  if (values.size() < resampling_detail::kBootstrapMinimum) return t_interval(values, confidence);
  const auto ratios = resampling_detail::studentised_means(values, seed, resamples);
  if (ratios.empty()) return t_interval(values, confidence);
  const double centre = mean(values);
  const double error = standard_deviation(values) / std::sqrt(static_cast<double>(values.size()));
  const double tail = (1 - confidence) / 2;
  return {centre - quantile(ratios, 1 - tail) * error, centre - quantile(ratios, tail) * error};
}

}  // namespace loom
