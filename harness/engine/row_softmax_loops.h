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
  const Floats square = r * r;  // terms in pairs: one after the other, each would wait for the one before
  const Floats low = (1 + r) + square * (0.5F + 1.0F / 6 * r);
  const Floats high = (1.0F / 24 + 1.0F / 120 * r) + square * (1.0F / 720 + 1.0F / 5040 * r);
  const Floats sum = low + square * square * high;
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

template <class Isa, int Lanes>
inline float highest(const float* row, int64_t width) {
  const auto larger = [](auto a, auto b) { return a > b ? a : b; };
  const int64_t whole = width / Lanes * Lanes;
  typename Of<Lanes>::Floats tops = typename Of<Lanes>::Floats{} - __builtin_inff();
  for (int64_t i = whole; i < width; ++i) tops[i - whole] = row[i];
  for (int64_t i = 0; i < whole; i += Lanes) tops = larger(tops, at<Lanes>(row, i));
  return folded<Lanes>(tops, larger);
}

// The sum of e^(value - top); each of them is left in `to`, where that is not null. The last few stand in a vector of
// their own, filled up with what is not added.
template <class Isa, int Lanes>
inline float exponentials(const float* row, int64_t width, float top, float* to) {
  using Floats = typename Of<Lanes>::Floats;
  const int64_t whole = width / Lanes * Lanes;
  Floats sums = {};
  if (whole < width) {
    Floats rest = {};
    for (int64_t i = whole; i < width; ++i) rest[i - whole] = row[i] - top;
    rest = exponential<Isa, Lanes>(rest);
    for (int64_t i = whole; i < width; ++i) sums[i - whole] = rest[i - whole];
    for (int64_t i = whole; i < width && to != nullptr; ++i) to[i] = rest[i - whole];
  }
  for (int64_t i = 0; i < whole; i += Lanes) {
    const Floats powers = exponential<Isa, Lanes>(at<Lanes>(row, i) - top);
    if (to != nullptr) at<Lanes>(to, i) = powers;
    sums += powers;
  }
  return folded<Lanes>(sums, [](auto a, auto b) { return a + b; });
}

template <class Isa, int Lanes>
inline void softmax_of(const RowSoftmax& work) {
  in_blocks(work.rows, [&](int64_t first, int64_t count) {
    float tops[kRowBlock], sums[kRowBlock], *rows = work.values + first * work.width;
    for (int64_t i = 0; i < count; ++i) tops[i] = highest<Isa, Lanes>(rows + i * work.width, work.width);
    for (int64_t i = 0; i < count; ++i) {
      float* row = rows + i * work.width;
      sums[i] = exponentials<Isa, Lanes>(row, work.width, tops[i], row);
    }
    for (int64_t i = 0; i < count; ++i) {
      if (work.tops != nullptr) work.tops[first + i] = tops[i], work.sums[first + i] = sums[i];
      float *row = rows + i * work.width, share = 1 / sums[i];
      across<Lanes>(work.width, [&]<int L>(int64_t place) { at<L>(row, place) *= share; });
    }
  });
}

template <class Isa, int Lanes>
inline void log_softmax_of(const RowLogSoftmax& work) {
  in_blocks(work.rows, [&](int64_t first, int64_t count) {
    float tops[kRowBlock], log_sums[kRowBlock];
    const float* rows = work.from + first * work.width;
    for (int64_t i = 0; i < count; ++i) tops[i] = highest<Isa, Lanes>(rows + i * work.width, work.width);
    for (int64_t i = 0; i < count; ++i)
      log_sums[i] = exponentials<Isa, Lanes>(rows + i * work.width, work.width, tops[i], nullptr);
    for (int64_t i = 0; i < count; ++i) log_sums[i] = __builtin_logf(log_sums[i]);
    for (int64_t i = 0; i < count; ++i) {
      if (work.tops != nullptr) work.tops[first + i] = tops[i], work.log_sums[first + i] = log_sums[i];
      if (work.to == nullptr) continue;
      const float* row = rows + i * work.width;
      float* to = work.to + (first + i) * work.width;
      across<Lanes>(work.width,
                    [&]<int L>(int64_t place) { at<L>(to, place) = at<L>(row, place) - tops[i] - log_sums[i]; });
    }
  });
}

template <class Isa>
void softmax(const RowSoftmax& work) {
  constexpr int kFew = Isa::kLanes < 8 ? Isa::kLanes : 8;
  work.width < Isa::kLanes ? softmax_of<Isa, kFew>(work) : softmax_of<Isa, Isa::kLanes>(work);
}

template <class Isa>
void log_softmax(const RowLogSoftmax& work) {
  constexpr int kFew = Isa::kLanes < 8 ? Isa::kLanes : 8;
  work.width < Isa::kLanes ? log_softmax_of<Isa, kFew>(work) : log_softmax_of<Isa, Isa::kLanes>(work);
}

}  // namespace loom::row_kernels_loops
