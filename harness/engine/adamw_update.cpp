// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/adamw_update.h"

#include <cmath>

namespace loom {

// Bound by division and square root, so it must be vectorised, and vector and scalar code must round alike:
// CMakeLists.txt compiles this file with -O3, without errno from sqrt and without fused multiply-add. As a #pragma the
// same options are read but the loop stays scalar, five times as slow.
__attribute__((target_clones("avx512f", "avx2", "default"))) void adamw_update(float* __restrict parameter,
                                                                               float* __restrict first,
                                                                               float* __restrict second,
                                                                               const float* __restrict gradient,
                                                                               int64_t count, const AdamWStep& step) {
  const float beta1 = step.beta1, beta2 = step.beta2, rest1 = 1.0F - beta1, rest2 = 1.0F - beta2;
  const float decay = step.decay, size = step.step_size, scale = step.second_scale, epsilon = step.epsilon;
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i];
    first[i] = beta1 * first[i] + rest1 * g;
    second[i] = beta2 * second[i] + rest2 * (g * g);
    parameter[i] = parameter[i] * decay - size * first[i] / (std::sqrt(second[i]) * scale + epsilon);
  }
}

}  // namespace loom
