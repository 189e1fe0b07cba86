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

}  // namespace loom::row_kernels_loops
