// SPDX-License-Identifier: Apache-2.0
// Logarithmic opinion pools: the answer's log-probabilities are a weighted sum of the members', normalised.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "harness/combiner.h"

namespace loom::combiners {

// values - log sum exp(values), in place; where nothing is possible the answer is uniform.
inline void normalise_log(std::span<double> values) {
  const double highest = *std::ranges::max_element(values);
  if (!std::isfinite(highest)) {
    std::ranges::fill(values, -std::log(static_cast<double>(values.size())));
    return;
  }
  double sum = 0;
  for (const double value : values) sum += std::exp(value - highest);
  for (double& value : values) value -= highest + std::log(sum);
}

// p proportional to prod_k p_k ^ exponent, at every position. An output that one member excludes is excluded.
inline void pool(const MemberOutputs& outputs, double exponent, std::span<float> log_probs) {
  if (outputs.members == 1 && exponent == 1) {  // normalised already: the member's own bits
    std::ranges::copy(outputs.log_probs, log_probs.begin());
    return;
  }
  const int64_t positions = outputs.rows * outputs.steps, width = outputs.outputs;
  std::vector<double> sum(static_cast<size_t>(width));
  for (int64_t at = 0; at < positions; ++at) {
    std::ranges::fill(sum, 0.0);
    for (int64_t member = 0; member < outputs.members; ++member)
      for (int64_t output = 0; output < width; ++output)
        sum[static_cast<size_t>(output)] +=
            exponent * static_cast<double>(outputs.log_probs[(member * positions + at) * width + output]);
    normalise_log(sum);
    for (int64_t output = 0; output < width; ++output)
      log_probs[at * width + output] = static_cast<float>(sum[static_cast<size_t>(output)]);
  }
}

}  // namespace loom::combiners
