// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/row_vectors.h"

namespace loom::row_kernels_loops {

// The `count` rows of a panel of the weight, `step` numbers apart. A part of them has row `begin` first; its sums go on
// from what stands in `to` unless it comes first, and are left there as they are unless it comes last.
struct Whole {
  const float* right;
  int64_t step, count;
  static constexpr int64_t begin = 0;
  static constexpr bool first = true, last = true;
};
struct Part {
  const float* right;
  int64_t step, count, begin;
  bool first, last;
};

template <int Rows, int Vectors, int Lanes>
[[gnu::always_inline]] inline void finish(const RowProducts& work, int64_t entry, const float* bias, int64_t column,
                                          bool last, const typename Of<Lanes>::Floats (&sum)[Rows][Vectors]) {
  using Floats = typename Of<Lanes>::Floats;
  const Floats zero = {};
  LOOM_UNROLL
  for (int row = 0; row < Rows; ++row) {
    float* to = work.to + (work.to_row != nullptr ? work.to_row[entry + row] : entry + row) * work.out + column;
    LOOM_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      Floats value = sum[row][v];
      if (last) {
        if (bias != nullptr) value += *reinterpret_cast<const Floats*>(bias + column + v * Lanes);
        if (work.relu) value = value < zero ? zero : value;
        if (work.scale != nullptr) value *= work.scale[entry + row];
      }
      *reinterpret_cast<Floats*>(to + v * Lanes) = value;
    }
  }
}

template <int Rows, int Vectors, int Lanes>
[[gnu::always_inline]] inline void start(const RowProducts& work, int64_t entry, int64_t column,
                                         typename Of<Lanes>::Floats (&sum)[Rows][Vectors]) {
  using Floats = typename Of<Lanes>::Floats;
  LOOM_UNROLL
  for (int row = 0; row < Rows; ++row) {
    const float* to = work.to + (work.to_row != nullptr ? work.to_row[entry + row] : entry + row) * work.out + column;
    LOOM_UNROLL
    for (int v = 0; v < Vectors; ++v) sum[row][v] = *reinterpret_cast<const Floats*>(to + v * Lanes);
  }
}

// `Rows` entries times `Vectors` x `Lanes` columns of a segment's weight, the sums held in registers. Each of them is
// one chain over k, whatever the tile: that is why a row's bits do not depend on its neighbours.
template <class Isa, int Rows, int Vectors, int Lanes, class Slice>
[[gnu::noinline]] void tile(const RowProducts& work, const Slice& slice, int64_t entry, const float* bias,
                            int64_t column) {
  using Floats = typename Of<Lanes>::Floats;
  const float* from[Rows];
  const int64_t along = work.from_step > 0 ? work.from_step : 1, down = work.from_step > 0 ? 1 : work.in;
  LOOM_UNROLL
  for (int row = 0; row < Rows; ++row)
    from[row] = work.from + (work.from_row != nullptr ? work.from_row[entry + row] : entry + row) * down;
  Floats sum[Rows][Vectors] = {};
  if (!slice.first) start<Rows, Vectors, Lanes>(work, entry, column, sum);
  // A panel's rows lie a whole row of the weight apart, which the hardware does not foresee.
  constexpr int64_t kAhead = 8;
  const float* right = slice.right;
  for (int64_t k = 0, at = slice.begin * along; k < slice.count; ++k, at += along, right += slice.step) {
    Floats factor[Vectors];
    LOOM_UNROLL
    for (int v = 0; v < Vectors; ++v) __builtin_prefetch(right + kAhead * slice.step + v * Lanes);
    LOOM_UNROLL
    for (int v = 0; v < Vectors; ++v) factor[v] = *reinterpret_cast<const Floats*>(right + v * Lanes);
    LOOM_UNROLL
    for (int row = 0; row < Rows; ++row) {
      LOOM_UNROLL
      for (int v = 0; v < Vectors; ++v) sum[row][v] += from[row][at] * factor[v];
    }
  }
  finish<Rows, Vectors, Lanes>(work, entry, bias, column, slice.last, sum);
}

// The same of one vector and entries that lie evenly: three share a pointer, since one each is more than x86 has.
template <class Isa, int Rows, int Lanes, class Slice>
[[gnu::noinline]] void even_tile(const RowProducts& work, const Slice& slice, int64_t entry, const float* bias,
                                 int64_t column) {
  using Floats = typename Of<Lanes>::Floats;
  const int64_t along = work.from_step > 0 ? work.from_step : 1, down = work.from_step > 0 ? 1 : work.in;
  const float* from[(Rows + 2) / 3];
  LOOM_UNROLL
  for (int i = 0; i < (Rows + 2) / 3; ++i) from[i] = work.from + slice.begin * along + (entry + 3 * i) * down;
  Floats sum[Rows][1] = {};
  if (!slice.first) start<Rows, 1, Lanes>(work, entry, column, sum);
  const float* right = slice.right;
  int64_t first = 0, second = down, third = 2 * down;
  for (int64_t k = 0; k < slice.count; ++k, first += along, second += along, third += along, right += slice.step) {
    const Floats factor = *reinterpret_cast<const Floats*>(right);
    LOOM_UNROLL
    for (int row = 0; row < Rows; ++row)
      sum[row][0] += from[row / 3][row % 3 == 0 ? first : row % 3 == 1 ? second : third] * factor;
  }
  finish<Rows, 1, Lanes>(work, entry, bias, column, slice.last, sum);
}

}  // namespace loom::row_kernels_loops
