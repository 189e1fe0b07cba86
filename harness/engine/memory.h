// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace loom {

// Counts live and peak bytes of LibTorch's CPU allocations: deterministic, unlike the resident set. Install once,
// before the first tensor.
void install_memory_counter();
void reset_memory_peak();  // peak = what is live now
int64_t memory_peak_bytes();
int64_t memory_live_bytes();

}  // namespace loom
