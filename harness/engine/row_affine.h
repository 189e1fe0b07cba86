// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "harness/engine/layer.h"

namespace loom {

// Affine maps, bias and ReLU with them, in our own loops (harness/engine/row_kernels.h): where networks are small,
// calls of the library and passes over memory cost more than its products gain. The bits of a segment do not depend on
// the others, so a network in a stack is the network alone. f32 on a CPU.
bool runs_in_row_kernels(const at::Tensor& values, const at::Tensor& weight);  // [.., in, out], small enough

// values [N, in] or [S, N / S, in], sorted by segment; weight [.., in, out] and bias [.., out] of S segments; segment s
// has counts[s] rows, without counts all have as many. The result has the shape of `values` but for its last axis.
at::Tensor row_affine(const at::Tensor& values, const at::Tensor& weight, const at::Tensor& bias,
                      std::vector<int64_t> counts, Activation after);

// at::bmm of values [S, R, in] and weight [S, in, out], small ones as above.
at::Tensor batched_product(const at::Tensor& values, const at::Tensor& weight);

}  // namespace loom
