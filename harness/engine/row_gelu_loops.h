// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/row_softmax_loops.h"  // exponential

namespace loom::row_kernels_loops {

// With u = sqrt(2 / pi) (x + 0.044715 x^3): x (1 + tanh u) / 2 = x s with s = 1 / (1 + e^-2u), and its slope. e^-2|u|
// does not overflow: s is 1 / (1 + e) for u >= 0, e / (1 + e) below, and s (1 - s) = e / (1 + e)^2.
template <class Isa, int Lanes>
inline void gelu_of(const float* from, float* to, float* slope) {
  using Floats = typename Of<Lanes>::Floats;
  constexpr float kScale = 0.7978845608F, kCube = 0.044715F;
  const Floats zero = {}, x = *reinterpret_cast<const Floats*>(from), square = x * x;
  const Floats u = kScale * x * (1 + kCube * square), size = u < zero ? -u : u;
  const Floats e = exponential<Isa, Lanes>(-2 * size), inverse = 1 / (1 + e), below = e * inverse;
  const Floats share = u < zero ? below : inverse;
  *reinterpret_cast<Floats*>(to) = x * share;
  if (slope != nullptr)
    *reinterpret_cast<Floats*>(slope) = share + 2 * x * below * inverse * kScale * (1 + 3 * kCube * square);
}

// The last few go through a vector of their own: a value's bits do not depend on its place.
template <class Isa>
void gelu(const RowGelu& work) {
  constexpr int kLanes = Isa::kLanes;
  const int64_t whole = work.count / kLanes * kLanes, rest = work.count - whole;
  for (int64_t i = 0; i < whole; i += kLanes)
    gelu_of<Isa, kLanes>(work.from + i, work.to + i, work.slope != nullptr ? work.slope + i : nullptr);
  if (rest == 0) return;
  float from[kLanes] = {}, to[kLanes], slope[kLanes];
  for (int64_t i = 0; i < rest; ++i) from[i] = work.from[whole + i];
  gelu_of<Isa, kLanes>(from, to, slope);
  for (int64_t i = 0; i < rest; ++i) {
    work.to[whole + i] = to[i];
    if (work.slope != nullptr) work.slope[whole + i] = slope[i];
  }
}

}  // namespace loom::row_kernels_loops
