// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/row_vectors.h"

namespace loom::row_kernels_loops {

// to[i] = from[i] * factor. A head has few channels, mostly whole fours.
template <class Isa>
inline void copy(const float* from, int64_t count, float factor, float* to) {
  using Floats = typename Of<4>::Floats;
  int64_t i = 0;
  for (; i + 4 <= count; i += 4)
    *reinterpret_cast<Floats*>(to + i) = *reinterpret_cast<const Floats*>(from + i) * factor;
  for (; i < count; ++i) to[i] = from[i] * factor;
}

template <class Isa>
inline void clear(float* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = 0;
}

// Rows `step` apart brought together, times `factor`, each filled up to `channels`.
template <class Isa>
inline void gather(const float* from, int64_t step, int64_t rows, int64_t width, float factor, float* to,
                   int64_t channels) {
  if (channels > width) clear<Isa>(to, rows * channels);
  for (int64_t row = 0; row < rows; ++row, from += step, to += channels) copy<Isa>(from, width, factor, to);
}

template <class Isa>
inline void scatter(const float* from, int64_t channels, int64_t rows, int64_t width, float factor, float* to,
                    int64_t step) {
  for (int64_t row = 0; row < rows; ++row, from += channels, to += step) copy<Isa>(from, width, factor, to);
}

// Four rows of four, `from_step` numbers apart.
template <class Isa>
inline void transpose_square(const float* from, int64_t from_step, float* to, int64_t to_step) {
  using Floats = typename Of<4>::Floats;
  const auto row = [&](int64_t i) { return *reinterpret_cast<const Floats*>(from + i * from_step); };
  const Floats a = row(0), b = row(1), c = row(2), d = row(3);
  const Floats ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Floats more_ab = __builtin_shufflevector(a, b, 2, 6, 3, 7), more_cd = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const auto column = [&](int64_t i) -> Floats& { return *reinterpret_cast<Floats*>(to + i * to_step); };
  column(0) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  column(1) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  column(2) = __builtin_shufflevector(more_ab, more_cd, 0, 1, 4, 5);
  column(3) = __builtin_shufflevector(more_ab, more_cd, 2, 3, 6, 7);
}

template <class Isa>
void transpose(const RowTranspose& work) {
  const int64_t squares_down = work.rows / 4 * 4, squares_across = work.columns / 4 * 4;
  for (int64_t row = 0; row < squares_down; row += 4)
    for (int64_t column = 0; column < squares_across; column += 4)
      transpose_square<Isa>(work.from + row * work.from_step + column, work.from_step,
                            work.to + column * work.to_step + row, work.to_step);
  for (int64_t row = 0; row < work.rows; ++row)
    for (int64_t column = row < squares_down ? squares_across : 0; column < work.columns; ++column)
      work.to[column * work.to_step + row] = work.from[row * work.from_step + column];
}

}  // namespace loom::row_kernels_loops
