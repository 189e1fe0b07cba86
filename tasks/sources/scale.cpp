// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/scale.h"

#include <cmath>

namespace loom::sources {

// Two passes: the textbook one-pass variance cancels for a large mean.
Scale fit_scale(std::span<const double> numbers) {
  const auto count = static_cast<double>(numbers.size());
  double sum = 0, squares = 0;
  for (double number : numbers) sum += number;
  const double mean = sum / count;
  for (double number : numbers) squares += (number - mean) * (number - mean);
  const double deviation = std::sqrt(squares / count);
  // A constant column has no scale; rounding of its mean must not be blown up to one.
  const bool constant = deviation <= 1e-12 * std::abs(mean) || deviation == 0;
  return {mean, constant ? static_cast<double>(INFINITY) : deviation};
}

}  // namespace loom::sources
