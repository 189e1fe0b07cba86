// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/torch.h"

namespace loom {

// Causal scaled dot-product attention (Vaswani et al. 2017) of heads that lie side by side: mixed
// [rows, steps, 3, heads, width], which are query, key and value -> [rows, steps, heads * width]. One node in our own
// loops (harness/engine/row_kernels.h), which skip what lies after a query, f32 on a CPU and short inputs; else the
// library's. Counted as the library's is, no part skipped. A row is the row alone.
at::Tensor causal_attention(const at::Tensor& mixed);

}  // namespace loom
