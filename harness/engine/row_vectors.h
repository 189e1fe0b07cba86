// SPDX-License-Identifier: Apache-2.0
// Vectors of f32 for the loops of row_kernels_loops.h, which says what these headers may use.
#pragma once

#include <cstdint>

#include "harness/engine/row_kernels.h"

// Before loops over what a tile holds: only where the compiler unrolls them early does it keep those in registers.
#define LOOM_UNROLL _Pragma("GCC unroll 16")

namespace loom::row_kernels_loops {

template <int Lanes>
struct Of {
  typedef float Floats __attribute__((vector_size(4 * Lanes), aligned(4), may_alias));
  typedef int32_t Bits __attribute__((vector_size(4 * Lanes), aligned(4), may_alias));
};
template <>
struct Of<1> {
  using Floats = float;
};

template <int Lanes>
inline typename Of<Lanes>::Floats& at(float* from, int64_t i) {
  return *reinterpret_cast<typename Of<Lanes>::Floats*>(from + i);
}
template <int Lanes>
inline const typename Of<Lanes>::Floats& at(const float* from, int64_t i) {
  return *reinterpret_cast<const typename Of<Lanes>::Floats*>(from + i);
}

// of<L>(i) for i below `width`: vectors from 0 on, L = `Lanes` numbers each, and single numbers at the end, L = 1.
template <int Lanes, class Of>
inline void across(int64_t width, Of of) {
  int64_t i = 0;
  for (; i + Lanes <= width; i += Lanes) of.template operator()<Lanes>(i);
  for (; i < width; ++i) of.template operator()<1>(i);
}

constexpr int64_t kRowBlock = 8;
// Rows go in blocks and a block through one step after the other: inside a row each step would wait for the one before.
template <class Of>
inline void in_blocks(int64_t rows, Of of) {
  for (int64_t first = 0; first < rows; first += kRowBlock)
    of(first, rows - first < kRowBlock ? rows - first : kRowBlock);
}

}  // namespace loom::row_kernels_loops
