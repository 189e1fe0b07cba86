// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "harness/engine/row_work.h"

namespace loom {

// Loops over rows of f32 on plain memory: an expert layer's answer where calling a tensor operation costs more than its
// arithmetic. A row's bits depend on that row, the weights and the instruction set, on no other row.

struct RowKernels {
  void (*multiply)(const RowProducts& work);
  void (*softmax)(const RowSoftmax& work);
  void (*gradients)(const RowGradients& work);
  void (*gelu)(const RowGelu& work);
  void (*norm)(const RowNorm& work);
  void (*norm_gradients)(const RowNormGradients& work);
  void (*transpose)(const RowTranspose& work);
  void (*attention)(const RowAttention& work);
  void (*summary)(const RowSummary& work);
  void (*log_softmax)(const RowLogSoftmax& work);
};

// For "AVX512", "AVX2" and any other name that at::get_cpu_capability() may give.
const RowKernels& row_kernels(std::string_view capability);
const RowKernels& row_kernels();  // what LibTorch itself uses here

}  // namespace loom
