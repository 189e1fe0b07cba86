// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/torch.h"

namespace loom {

// maps [..., height, width] -> [..., height / 2, width / 2]: ReLU, then the greatest of each 2 x 2, as
// at::max_pool2d(at::relu(maps), 2) says it, bit for bit, forward and backward (but for whose gradient it is where an
// entry is not a number); f32 on a CPU by our own loops.
at::Tensor relu_max_pool(const at::Tensor& maps);

}  // namespace loom
