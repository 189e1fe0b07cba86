// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/row_vectors.h"

namespace loom::row_kernels_loops {

// `Rows` entries times `Vectors` x `Lanes` columns of a segment's weight, the sums held in registers. Each of them is
// one chain over k, whatever the tile: that is why a row's bits do not depend on its neighbours.
template <class Isa, int Rows, int Vectors, int Lanes>
inline void tile(const RowProducts& work, int64_t entry, const float* weight, const float* bias, int64_t column) {
  using Floats = typename Of<Lanes>::Floats;
  const float* from[Rows];
  const int64_t along = work.from_step > 0 ? work.from_step : 1, down = work.from_step > 0 ? 1 : work.in;
  for (int row = 0; row < Rows; ++row)
    from[row] = work.from + (work.from_row != nullptr ? work.from_row[entry + row] : entry + row) * down;
  Floats sum[Rows][Vectors] = {};
  // A panel's rows lie a whole row of the weight apart, which the hardware does not foresee.
  constexpr int64_t kAhead = 8;
  const float* right = weight + column;
  for (int64_t k = 0, at = 0; k < work.in; ++k, at += along, right += work.out) {
    Floats factor[Vectors];
    for (int v = 0; v < Vectors; ++v) __builtin_prefetch(right + kAhead * work.out + v * Lanes);
    for (int v = 0; v < Vectors; ++v) factor[v] = *reinterpret_cast<const Floats*>(right + v * Lanes);
    for (int row = 0; row < Rows; ++row)
      for (int v = 0; v < Vectors; ++v) sum[row][v] += from[row][at] * factor[v];
  }
  const Floats zero = {};
  for (int row = 0; row < Rows; ++row) {
    float* to = work.to + (work.to_row != nullptr ? work.to_row[entry + row] : entry + row) * work.out + column;
    for (int v = 0; v < Vectors; ++v) {
      Floats value = sum[row][v];
      if (bias != nullptr) value += *reinterpret_cast<const Floats*>(bias + column + v * Lanes);
      if (work.relu) value = value < zero ? zero : value;
      *reinterpret_cast<Floats*>(to + v * Lanes) = work.scale != nullptr ? value * work.scale[entry + row] : value;
    }
  }
}

// The one tile of so many rows, as many as registers allow.
template <class Isa, int Rows, int Vectors, int Lanes>
inline void tile_of(int64_t rows, const RowProducts& work, int64_t entry, const float* weight, const float* bias,
                    int64_t column) {
  if constexpr (Rows * Vectors <= Isa::kSums)
    if (rows == Rows) return tile<Isa, Rows, Vectors, Lanes>(work, entry, weight, bias, column);
  if constexpr (Rows > 1) tile_of<Isa, Rows - 1, Vectors, Lanes>(rows, work, entry, weight, bias, column);
}

// The entries of a segment over one panel of columns, in chunks as even as can be.
template <class Isa, int Vectors, int Lanes>
inline void panel(const RowProducts& work, int64_t begin, int64_t count, const float* weight, const float* bias,
                  int64_t column) {
  constexpr int kRows = Vectors == 1 ? 12 : Isa::kSums / Vectors;  // each takes a pointer as well
  const int64_t chunks = (count + kRows - 1) / kRows, each = count / chunks, longer = count % chunks;
  for (int64_t c = 0, first = begin; c < chunks; ++c) {
    const int64_t rows = c < longer ? each + 1 : each;
    tile_of<Isa, kRows, Vectors, Lanes>(rows, work, first, weight, bias, column);
    first += rows;
  }
}

// Panels of one vector from `column` on, of half a one where that is enough; the last overlaps its neighbour and
// computes some columns again.
template <class Isa, int Lanes>
inline void narrow_panels(const RowProducts& work, int64_t begin, int64_t count, const float* weight, const float* bias,
                          int64_t column) {
  for (; column < work.out; column += Lanes) {
    if constexpr (Lanes > 4)
      if (work.out - column <= Lanes / 2)
        return narrow_panels<Isa, Lanes / 2>(work, begin, count, weight, bias, column);
    panel<Isa, 1, Lanes>(work, begin, count, weight, bias, column + Lanes <= work.out ? column : work.out - Lanes);
  }
}

// Few entries take wide panels, so that enough sums are under way at once.
template <class Isa>
void segment(const RowProducts& work, int64_t begin, int64_t count, const float* weight, const float* bias) {
  constexpr int kLanes = Isa::kLanes, kHalf = kLanes > 8 ? 8 : kLanes;
  int64_t column = 0;
  const auto panels = [&]<int Vectors>() {
    for (; column + Vectors * kLanes <= work.out; column += Vectors * kLanes)
      panel<Isa, Vectors, kLanes>(work, begin, count, weight, bias, column);
  };
  if (count * 8 <= Isa::kSums) panels.template operator()<8>();
  panels.template operator()<4>();
  panels.template operator()<2>();
  if (work.out >= kLanes)
    narrow_panels<Isa, kLanes>(work, begin, count, weight, bias, column);
  else if (work.out >= kHalf)
    narrow_panels<Isa, kHalf>(work, begin, count, weight, bias, column);
  else if (work.out >= 4)
    narrow_panels<Isa, 4>(work, begin, count, weight, bias, column);
  else
    narrow_panels<Isa, 1>(work, begin, count, weight, bias, column);
}

template <class Isa>
void multiply(const RowProducts& work) {
  int64_t begin = 0;
  for (int64_t s = 0; s < work.segments; begin += work.counts[s], ++s)
    if (work.counts[s] > 0)
      segment<Isa>(work, begin, work.counts[s], work.weight + s * work.in * work.out,
                   work.bias != nullptr ? work.bias + s * work.out : nullptr);
}

}  // namespace loom::row_kernels_loops
