// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/row_vectors.h"

namespace loom::row_kernels_loops {

// `Lanes` columns of a segment, from its first entry to its last: a column's sum is one chain, however wide the
// vectors.
template <class Isa, int Lanes>
inline void gradient_columns(const RowGradients& work, int64_t begin, int64_t count, int64_t segment, int64_t column) {
  using Floats = typename Of<Lanes>::Floats;
  const Floats zero = {};
  Floats sum = {};
  for (int64_t entry = begin; entry < begin + count; ++entry) {
    Floats& gradient = *reinterpret_cast<Floats*>(work.gradient + entry * work.width + column);
    if (work.said != nullptr) {
      const Floats& said = *reinterpret_cast<const Floats*>(work.said + entry * work.width + column);
      gradient = said <= zero ? zero : gradient;  // not a number lets it pass, as the library's ReLU does
    }
    sum += gradient;
  }
  *reinterpret_cast<Floats*>(work.sums + segment * work.width + column) = sum;
}

template <class Isa>
void gradients(const RowGradients& work) {
  constexpr int kLanes = Isa::kLanes;
  int64_t begin = 0;
  for (int64_t s = 0; s < work.segments; begin += work.counts[s], ++s) {
    int64_t column = 0;
    for (; column + kLanes <= work.width; column += kLanes)
      gradient_columns<Isa, kLanes>(work, begin, work.counts[s], s, column);
    for (; column + 4 <= work.width; column += 4) gradient_columns<Isa, 4>(work, begin, work.counts[s], s, column);
    for (; column < work.width; ++column) gradient_columns<Isa, 1>(work, begin, work.counts[s], s, column);
  }
}

}  // namespace loom::row_kernels_loops
