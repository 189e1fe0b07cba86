// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "harness/combiner.h"

namespace loom {

// What several members said about the same items, laid side by side as a combiner sees them. What a member does not
// hold (full distributions on tokens, summaries) is missing.
struct JoinedOutcomes {
  int64_t members = 0, items = 0, steps = 1, outputs = 0;
  std::vector<float> target, log_probs, max_log_prob, entropy;
  MemberOutputs view() const { return {members, items, steps, outputs, target, log_probs, max_log_prob, entropy}; }
};

JoinedOutcomes join(std::span<const Outcomes> members);

}  // namespace loom
