// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/row_vectors.h"

namespace loom::row_kernels_loops {

// e^x for x <= 0: 2^n e^r with |r| <= ln 2 / 2, where Taylor's series to r^7 errs by less than a rounding. Below -87 as
// at -87.
template <class Isa, int Lanes>
inline typename Of<Lanes>::Floats exponential(typename Of<Lanes>::Floats x) {
  using Floats = typename Of<Lanes>::Floats;
  using Bits = typename Of<Lanes>::Bits;
  constexpr float kLog2E = 1.44269504F, kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
  constexpr float kShift = 12582912.0F;  // 1.5 x 2^23: a number added to it is rounded to an integer in its low bits
  const Floats lowest = Floats{} - 87;
  x = x < lowest ? lowest : x;
  const Floats shifted = x * kLog2E + kShift, n = shifted - kShift, r = x - n * kLn2High - n * kLn2Low;
  constexpr float kTerms[] = {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F};
  Floats sum = Floats{} + 1.0F / 5040;
  for (const float term : kTerms) sum = sum * r + term;
  return sum * reinterpret_cast<Floats>((reinterpret_cast<Bits>(shifted) << 23) + 0x3F800000);
}

// Halves of a vector joined until one lane is left.
template <int Lanes, class Join>
inline float folded(typename Of<Lanes>::Floats values, Join join) {
  if constexpr (Lanes == 1) {
    return values;
  } else {
    typename Of<Lanes / 2>::Floats halves[2];
    __builtin_memcpy(halves, &values, sizeof values);
    return folded<Lanes / 2>(join(halves[0], halves[1]), join);
  }
}

// The last few of a row stand in a vector of their own, filled up with what adds nothing.
template <class Isa, int Lanes>
inline void softmax_of(const RowSoftmax& work) {
  using Floats = typename Of<Lanes>::Floats;
  const auto larger = [](auto a, auto b) { return a > b ? a : b; };
  const auto added = [](auto a, auto b) { return a + b; };
  const int64_t width = work.width, whole = width / Lanes * Lanes;
  for (int64_t index = 0; index < work.rows; ++index) {
    float* row = work.values + index * width;
    const auto at = [&](int64_t i) -> Floats& { return *reinterpret_cast<Floats*>(row + i); };
    Floats rest = Floats{} - __builtin_inff();
    for (int64_t i = whole; i < width; ++i) rest[i - whole] = row[i];
    Floats tops = rest;
    for (int64_t i = 0; i < whole; i += Lanes) tops = larger(tops, at(i));
    const float top = folded<Lanes>(tops, larger);
    Floats sums = {};
    if (whole < width) {
      rest = exponential<Isa, Lanes>(rest - top);
      for (int64_t i = whole; i < width; ++i) sums[i - whole] = rest[i - whole];
    }
    for (int64_t i = 0; i < whole; i += Lanes) sums += at(i) = exponential<Isa, Lanes>(at(i) - top);
    const float sum = folded<Lanes>(sums, added);
    if (work.tops != nullptr) work.tops[index] = top, work.sums[index] = sum;
    for (int64_t i = 0; i < whole; i += Lanes) at(i) /= sum;
    for (int64_t i = whole; i < width; ++i) row[i] = rest[i - whole] / sum;
  }
}

template <class Isa>
void softmax(const RowSoftmax& work) {
  constexpr int kFew = Isa::kLanes < 8 ? Isa::kLanes : 8;
  work.width < Isa::kLanes ? softmax_of<Isa, kFew>(work) : softmax_of<Isa, Isa::kLanes>(work);
}

}  // namespace loom::row_kernels_loops
