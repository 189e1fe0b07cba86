// SPDX-License-Identifier: Apache-2.0
// Without branches and with -O3 (CMakeLists.txt), so that the compiler writes vector code: the library's pooling goes
// from entry to entry, and was nearly half of a training step of a small convolutional network.
#include "harness/engine/pooling_loops.h"

#include <algorithm>
#include <bit>

namespace loom {
namespace pooling_loops_detail {
namespace {

inline float greater(float first, float second) {
  const float greatest = second > first ? second : first;
  return second != second ? second : greatest;  // not a number: neither comparison holds
}

void pool_row(const float* __restrict upper, const float* __restrict lower, float* __restrict to, int64_t width) {
  for (int64_t x = 0; x < width; ++x) {
    const float greatest = greater(greater(upper[2 * x], upper[2 * x + 1]), greater(lower[2 * x], lower[2 * x + 1]));
    to[x] = greatest < 0 ? 0 : greatest;
  }
}

struct Square {
  const float *upper, *lower, *said, *gradient;
  float *to_upper, *to_lower;
};

void spread_row(const Square& at, int64_t width) {
  const float* __restrict upper = at.upper, * __restrict lower = at.lower;
  const float* __restrict said = at.said, * __restrict gradient = at.gradient;
  float* __restrict to_upper = at.to_upper, * __restrict to_lower = at.to_lower;
  const auto all_ones_if = [](bool holds) { return -static_cast<int32_t>(holds); };
  for (int64_t x = 0; x < width; ++x) {
    const float best = said[x];
    // The gradient's bits, and what is left of them after each entry; where "not a number" was said, the first has all.
    const int32_t all = std::bit_cast<int32_t>(gradient[x]) & ~all_ones_if(best <= 0);
    const int32_t past_first = all & all_ones_if(upper[2 * x] < best);
    const int32_t past_second = past_first & all_ones_if(upper[2 * x + 1] < best);
    const int32_t past_third = past_second & all_ones_if(lower[2 * x] < best);
    to_upper[2 * x] = std::bit_cast<float>(all ^ past_first);
    to_upper[2 * x + 1] = std::bit_cast<float>(past_first ^ past_second);
    to_lower[2 * x] = std::bit_cast<float>(past_second ^ past_third);
    to_lower[2 * x + 1] = std::bit_cast<float>(past_third);
  }
}

}  // namespace
}  // namespace pooling_loops_detail

using namespace pooling_loops_detail;

void relu_max_pool(const float* from, float* to, const PooledPlanes& size) {
  const int64_t high = size.height / 2, wide = size.width / 2;
  for (int64_t plane = 0; plane < size.planes; ++plane, from += size.height * size.width)
    for (int64_t row = 0; row < high; ++row, to += wide)
      pool_row(from + 2 * row * size.width, from + (2 * row + 1) * size.width, to, wide);
}

void relu_max_pool_gradient(const float* from, const float* said, const float* gradient, float* to,
                            const PooledPlanes& size) {
  const int64_t high = size.height / 2, wide = size.width / 2, area = size.height * size.width;
  const bool odd = size.height % 2 != 0 || size.width % 2 != 0;
  for (int64_t plane = 0; plane < size.planes; ++plane, from += area, to += area) {
    if (odd) std::fill_n(to, area, 0.0F);
    for (int64_t row = 0; row < high; ++row, said += wide, gradient += wide) {
      const int64_t upper = 2 * row * size.width, lower = upper + size.width;
      spread_row({from + upper, from + lower, said, gradient, to + upper, to + lower}, wide);
    }
  }
}

}  // namespace loom
