// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/torch.h"

namespace loom {

struct LogProbSummary {
  at::Tensor highest;  // [..] f32
  at::Tensor argmax;   // [..] i32; of equals the first
  at::Tensor entropy;  // [..] f32, nats
};

// Of log-probabilities [.., outputs], on the CPU. Those of tokens are rounded to half precision, as the store keeps
// them: what is not read from the store says the same.
LogProbSummary summary_as_stored(const at::Tensor& log_probs, bool tokens);

}  // namespace loom
