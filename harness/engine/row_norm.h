// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/torch.h"

namespace loom {

// Layer normalisation (Ba et al. 2016) of each row, then times weight, plus bias: values [S, R, width], weight and bias
// [S, 1, width] of S networks. One node in our own loops (harness/engine/row_kernels.h) where the library makes three,
// f32 on a CPU; else those. A network in a stack is the network alone.
at::Tensor row_norm(const at::Tensor& values, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace loom
