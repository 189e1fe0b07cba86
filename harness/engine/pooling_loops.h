// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace loom {

// Planes of height x width one after another, on plain memory; a last odd row or column belongs to no square.
struct PooledPlanes {
  int64_t planes, height, width;
};

// to [planes, height / 2, width / 2]: ReLU of the greatest of each square of 2 x 2; what is not a number stays.
void relu_max_pool(const float* from, float* to, const PooledPlanes& size);

// Writes all of `to`, [planes, height, width]: a square's gradient goes to the first entry in reading order that said
// what the square says, and to none where it said 0.
void relu_max_pool_gradient(const float* from, const float* said, const float* gradient, float* to,
                            const PooledPlanes& size);

}  // namespace loom
