// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/row_kernels.h"

namespace loom {

// One source each, which CMakeLists.txt compiles for that instruction set.
const RowKernels& row_kernels_avx512();
const RowKernels& row_kernels_avx2();
const RowKernels& row_kernels_plain();

}  // namespace loom
