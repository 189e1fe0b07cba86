// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace loom::sources {

// Standardisation by the numbers of the train side: (x - mean) / deviation; a constant becomes 0.
struct Scale {
  double mean = 0, deviation = 1;
  double operator()(double number) const { return (number - mean) / deviation; }
};

Scale fit_scale(std::span<const double> numbers);  // the deviation is the population's; no number: NaN

// Numbers beyond it cannot be squared and summed safely, and no data set means them.
inline constexpr double kNumberMax = 1e30;

}  // namespace loom::sources
