// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/row_kernels_isa.h"
#include "harness/engine/row_kernels_loops.h"

namespace loom {
namespace row_kernels_avx2_detail {

struct Avx2 {
  static constexpr int kLanes = 8;
  static constexpr int kSums = 12;  // vectors held in registers, of 16
};

}  // namespace row_kernels_avx2_detail

const RowKernels& row_kernels_avx2() {
  static constexpr RowKernels kKernels = row_kernels_loops::kernels<row_kernels_avx2_detail::Avx2>();
  return kKernels;
}

}  // namespace loom
