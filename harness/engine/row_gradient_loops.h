// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/row_vectors.h"

namespace loom::row_kernels_loops {

// `Lanes` x `Vectors` columns of a segment, from its first entry to its last: a column's sum is one chain, however wide
// the vectors and however many at once.
template <class Isa, int Lanes, int Vectors>
inline void gradient_columns(const RowGradients& work, int64_t begin, int64_t count, int64_t segment, int64_t column) {
  using Floats = typename Of<Lanes>::Floats;
  const Floats zero = {};
  Floats sums[Vectors] = {};
  for (int64_t entry = begin; entry < begin + count; ++entry) {
    const int64_t place = entry * work.width + column;
    for (int v = 0; v < Vectors; ++v) {
      Floats gradient = *reinterpret_cast<const Floats*>(work.gradient + place + v * Lanes);
      if (work.said != nullptr) {
        const Floats& said = *reinterpret_cast<const Floats*>(work.said + place + v * Lanes);
        gradient = said <= zero ? zero : gradient;  // not a number lets it pass, as the library's ReLU does
        *reinterpret_cast<Floats*>(work.to + place + v * Lanes) = gradient;
      }
      sums[v] += gradient;
    }
  }
  for (int v = 0; v < Vectors; ++v)
    *reinterpret_cast<Floats*>(work.sums + segment * work.width + column + v * Lanes) = sums[v];
}

template <class Isa>
void gradients(const RowGradients& work) {
  constexpr int kLanes = Isa::kLanes, kVectors = 4;
  int64_t begin = 0;
  for (int64_t s = 0; s < work.segments; begin += work.counts[s], ++s) {
    int64_t column = 0;
    const auto columns = [&]<int Lanes, int Vectors>() {
      for (; column + Lanes * Vectors <= work.width; column += Lanes * Vectors)
        gradient_columns<Isa, Lanes, Vectors>(work, begin, work.counts[s], s, column);
    };
    columns.template operator()<kLanes, kVectors>();
    columns.template operator()<kLanes, 1>();
    columns.template operator()<4, 1>();
    columns.template operator()<1, 1>();
  }
}

}  // namespace loom::row_kernels_loops
