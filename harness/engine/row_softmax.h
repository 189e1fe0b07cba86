// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/torch.h"

namespace loom {

// log_softmax over the last dimension, written over `logits` where no gradient is asked for. A row's bits depend on no
// other row.
at::Tensor log_softmax_over(const at::Tensor& logits);
// The place of the highest of each row [..], i32; of equals the first.
at::Tensor place_of_highest(const at::Tensor& values);

}  // namespace loom
