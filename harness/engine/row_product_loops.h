// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/row_tiles.h"

namespace loom::row_kernels_loops {

// The one tile of so many rows, as many as registers allow.
template <class Isa, int Rows, int Vectors, int Lanes, class Slice>
inline void tile_of(int64_t rows, const RowProducts& work, const Slice& slice, int64_t entry, const float* bias,
                    int64_t column) {
  if constexpr (Rows * Vectors <= Isa::kSums)
    if (rows == Rows) {
      if constexpr (Vectors == 1 && Rows > 6)
        if (work.from_row == nullptr) return even_tile<Isa, Rows, Lanes>(work, slice, entry, bias, column);
      return tile<Isa, Rows, Vectors, Lanes>(work, slice, entry, bias, column);
    }
  if constexpr (Rows > 1) tile_of<Isa, Rows - 1, Vectors, Lanes>(rows, work, slice, entry, bias, column);
}

// The entries of a segment over one slice of a panel, in chunks as even as can be.
template <class Isa, int Vectors, int Lanes, class Slice>
inline void chunks(const RowProducts& work, const Slice& slice, int64_t begin, int64_t count, const float* bias,
                   int64_t column) {
  constexpr int kRows = Vectors == 1 ? 12 : Isa::kSums / Vectors;  // each takes a pointer as well
  const int64_t chunks = (count + kRows - 1) / kRows, each = count / chunks, longer = count % chunks;
  for (int64_t c = 0, first = begin; c < chunks; ++c) {
    const int64_t rows = c < longer ? each + 1 : each;
    tile_of<Isa, kRows, Vectors, Lanes>(rows, work, slice, first, bias, column);
    first += rows;
  }
}

// One panel of columns. Where many entries read a large one, its rows are brought together first, as many as stay near:
// a power of two apart, as they mostly lie, they drive each other out of the cache.
template <class Isa, int Vectors, int Lanes>
inline void panel(const RowProducts& work, int64_t begin, int64_t count, const float* weight, const float* bias,
                  int64_t column) {
  using Floats = typename Of<Lanes>::Floats;
  constexpr int64_t kWidth = Vectors * Lanes, kNear = 4096, kMany = 32;
  if (count < kMany || work.in * work.out <= kNear)
    return chunks<Isa, Vectors, Lanes>(work, Whole{weight + column, work.out, work.in}, begin, count, bias, column);
  alignas(64) float near[kNear];
  constexpr int64_t kRows = kNear / kWidth;
  for (int64_t k = 0; k < work.in; k += kRows) {
    const int64_t rows = work.in - k < kRows ? work.in - k : kRows;
    const float* from = weight + k * work.out + column;
    for (int64_t row = 0; row < rows; ++row) {
      LOOM_UNROLL
      for (int v = 0; v < Vectors; ++v)
        *reinterpret_cast<Floats*>(near + row * kWidth + v * Lanes) =
            *reinterpret_cast<const Floats*>(from + row * work.out + v * Lanes);
    }
    chunks<Isa, Vectors, Lanes>(work, Part{near, kWidth, rows, k, k == 0, k + rows == work.in}, begin, count, bias,
                                column);
  }
}

// Of a segment that is the work whole: all its columns, whole vectors of 8 at least, of slices that lie anyhow.
template <class Isa, class SliceAt>
inline void every_panel(const RowProducts& work, int64_t entries, SliceAt slice_at) {
  constexpr int kLanes = Isa::kLanes, kHalf = kLanes > 8 ? 8 : kLanes;
  int64_t column = 0;
  for (; column + 2 * kLanes <= work.out; column += 2 * kLanes)
    chunks<Isa, 2, kLanes>(work, slice_at(column), 0, entries, nullptr, column);
  for (; column + kLanes <= work.out; column += kLanes)
    chunks<Isa, 1, kLanes>(work, slice_at(column), 0, entries, nullptr, column);
  if (column < work.out) chunks<Isa, 1, kHalf>(work, slice_at(column), 0, entries, nullptr, column);
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

// Few entries take wide panels, so that enough sums are under way at once; many take as many rows as columns allow:
// with 16 registers six by two vectors need fewer loads than three by four.
template <class Isa>
void segment(const RowProducts& work, int64_t begin, int64_t count, const float* weight, const float* bias) {
  constexpr int kLanes = Isa::kLanes, kHalf = kLanes > 8 ? 8 : kLanes;
  int64_t column = 0;
  const auto panels = [&]<int Vectors>() {
    for (; column + Vectors * kLanes <= work.out; column += Vectors * kLanes)
      panel<Isa, Vectors, kLanes>(work, begin, count, weight, bias, column);
  };
  if (count * 8 <= Isa::kSums) panels.template operator()<8>();
  if constexpr (Isa::kSums > 12) panels.template operator()<4>();
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
