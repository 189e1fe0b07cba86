// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/row_softmax_loops.h"

namespace loom::row_kernels_loops {

// p log p is nothing where p is, also at p = 0.
template <class Isa, int Lanes>
inline typename Of<Lanes>::Floats self_information(typename Of<Lanes>::Floats log_probs) {
  using Floats = typename Of<Lanes>::Floats;
  const Floats products = exponential<Isa, Lanes>(log_probs) * log_probs;
  return log_probs < Floats{} - 87 ? Floats{} : products;
}

// Lanes keep the first largest of their own; the last few of a row stand in a vector filled up with what is not chosen.
template <class Isa, int Lanes, bool WithEntropy>
inline void summary_of(const RowSummary& work) {
  using Floats = typename Of<Lanes>::Floats;
  using Bits = typename Of<Lanes>::Bits;
  const float lowest = -__builtin_inff();
  Bits lane = {};
  for (int i = 0; i < Lanes; ++i) lane[i] = i;
  for (int64_t index = 0; index < work.rows; ++index) {
    const float* row = work.log_probs + index * work.width;
    Floats tops = Floats{} + lowest, sums = {};
    Bits places = lane;
    for (int64_t i = 0; i < work.width; i += Lanes) {
      Floats values = Floats{} + lowest;
      if (i + Lanes <= work.width)
        values = *reinterpret_cast<const Floats*>(row + i);
      else
        for (int64_t j = i; j < work.width; ++j) values[j - i] = row[j];
      const auto higher = values > tops;
      tops = higher ? values : tops;
      places = higher ? lane + static_cast<int32_t>(i) : places;
      if constexpr (WithEntropy) sums -= self_information<Isa, Lanes>(values);
    }
    int best = 0;
    for (int i = 1; i < Lanes; ++i)
      if (tops[i] > tops[best] || (tops[i] == tops[best] && places[i] < places[best])) best = i;
    const float entropy = folded<Lanes>(sums, [](auto a, auto b) { return a + b; });
    if constexpr (WithEntropy) work.entropy[index] = entropy;
    work.argmax[index] = places[best];
    work.tops[index] = entropy == entropy ? tops[best] : entropy;  // what is no number says so
  }
}

template <class Isa>
void summary(const RowSummary& work) {
  work.entropy != nullptr ? summary_of<Isa, Isa::kLanes, true>(work) : summary_of<Isa, Isa::kLanes, false>(work);
}

}  // namespace loom::row_kernels_loops
