// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace loom {

// The element-wise update on plain memory; beta^t corrections are folded into step_size and second_scale.
struct AdamWStep {
  float beta1, beta2, decay, step_size, second_scale, epsilon;
};
void adamw_update(float* parameter, float* first, float* second, const float* gradient, int64_t count,
                  const AdamWStep& step);

}  // namespace loom
