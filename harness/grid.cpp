// SPDX-License-Identifier: Apache-2.0
#include "harness/grid.h"

#include <algorithm>
#include <cmath>

namespace loom {
namespace {

constexpr double kGridEnd = 4;

}  // namespace

double grid_centre(int64_t bin) {
  return kGridEnd * (2 * static_cast<double>(bin) / static_cast<double>(kGridBins - 1) - 1);
}

int32_t grid_bin(double standardised_value) {
  const double inside = std::clamp(standardised_value, -kGridEnd, kGridEnd);
  return static_cast<int32_t>(std::lround((inside / kGridEnd + 1) / 2 * static_cast<double>(kGridBins - 1)));
}

}  // namespace loom
