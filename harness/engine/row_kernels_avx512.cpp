// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/row_kernels_isa.h"
#include "harness/engine/row_kernels_loops.h"

namespace loom {
namespace row_kernels_avx512_detail {

struct Avx512 {
  static constexpr int kLanes = 16;
  static constexpr int kSums = 24;  // vectors held in registers, of 32
};

}  // namespace row_kernels_avx512_detail

const RowKernels& row_kernels_avx512() {
  static constexpr RowKernels kKernels = row_kernels_loops::kernels<row_kernels_avx512_detail::Avx512>();
  return kKernels;
}

}  // namespace loom
