// SPDX-License-Identifier: Apache-2.0
// Compiled once for each instruction set. Nothing of the standard library but types: an inline function of it, compiled
// here, could be linked into code that runs on any machine. `Isa` keeps our own apart.
#pragma once

#include "harness/engine/row_attention_loops.h"
#include "harness/engine/row_copy_loops.h"
#include "harness/engine/row_gelu_loops.h"
#include "harness/engine/row_gradient_loops.h"
#include "harness/engine/row_norm_loops.h"
#include "harness/engine/row_product_loops.h"
#include "harness/engine/row_softmax_loops.h"
#include "harness/engine/row_summary_loops.h"

namespace loom::row_kernels_loops {

template <class Isa>
constexpr RowKernels kernels() {
  return {multiply<Isa>,       softmax<Isa>,   gradients<Isa>, gelu<Isa>,    norm<Isa>,
          norm_gradients<Isa>, transpose<Isa>, attention<Isa>, summary<Isa>, log_softmax<Isa>};
}

}  // namespace loom::row_kernels_loops
