// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/row_kernels.h"

#include <ATen/Version.h>

#include "harness/engine/row_kernels_isa.h"

namespace loom {

const RowKernels& row_kernels(std::string_view capability) {
  if (capability == "AVX512") return row_kernels_avx512();
  return capability == "AVX2" ? row_kernels_avx2() : row_kernels_plain();
}

const RowKernels& row_kernels() {
  static const RowKernels& here = row_kernels(at::get_cpu_capability());
  return here;
}

}  // namespace loom
