// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/torch.h"

namespace loom {

// The tanh form of Hendrycks, Gimpel 2016, in our own loops (harness/engine/row_kernels.h): the library takes its tanh
// twice in training, and a sixth of a small transformer's step. A value's bits do not depend on its place, nor on the
// stack. f32 on a CPU; else the library's.
at::Tensor row_gelu(const at::Tensor& values);

}  // namespace loom
