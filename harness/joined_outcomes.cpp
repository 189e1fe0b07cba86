// SPDX-License-Identifier: Apache-2.0
#include "harness/joined_outcomes.h"

#include "harness/error.h"

namespace loom {

JoinedOutcomes join(std::span<const Outcomes> members) {
  check(!members.empty(), "outcomes of something are joined");
  JoinedOutcomes joined{.members = std::ssize(members),
                        .items = members[0].items,
                        .steps = members[0].steps,
                        .outputs = members[0].outputs,
                        .target = {},
                        .log_probs = {},
                        .max_log_prob = {},
                        .entropy = {}};
  const auto append = [](std::vector<float>& into, const std::vector<float>& from) {
    into.insert(into.end(), from.begin(), from.end());
  };
  for (const Outcomes& member : members) {
    append(joined.target, member.target_log_prob);
    append(joined.log_probs, member.log_probs);
    append(joined.max_log_prob, member.max_log_prob);
    append(joined.entropy, member.entropy);
  }
  return joined;
}

}  // namespace loom
