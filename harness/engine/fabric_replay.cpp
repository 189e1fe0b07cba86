// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/engine/fabric_model.h"
#include "harness/error.h"
#include "harness/joined_outcomes.h"

namespace loom {
namespace fabric_replay_detail {

// [rows, members] -> [rows, steps, members], the first `prefix` steps uniform.
std::vector<float> spread(std::span<const float> weights, int64_t members, int64_t steps, int64_t prefix) {
  std::vector<float> all;
  all.reserve(weights.size() * static_cast<size_t>(steps));
  for (size_t row = 0; row < weights.size(); row += static_cast<size_t>(members))
    for (int64_t step = 0; step < steps; ++step)
      for (int64_t member = 0; member < members; ++member)
        all.push_back(step < prefix ? 1.0F / static_cast<float>(members) : weights[row + static_cast<size_t>(member)]);
  return all;
}

// A one-hot mixture says what its member said, also where only summaries are stored.
void copy_summaries(Outcomes& result, std::span<const Outcomes> members, std::span<const float> weights) {
  const auto count = members.size();
  for (size_t at = 0; at < result.target.size(); ++at)
    for (size_t member = 0; member < count; ++member)
      if (weights[at * count + member] == 1) {
        result.max_log_prob.push_back(members[member].max_log_prob[at]);
        result.argmax.push_back(members[member].argmax[at]);
        result.entropy.push_back(members[member].entropy[at]);
      }
}

}  // namespace fabric_replay_detail

using namespace fabric_replay_detail;

// Whether stored outcomes hold all that the combiner looks at.
bool FabricModel::replayable(std::span<const Outcomes> members) const {
  if (members.size() != members_.size()) return false;
  const auto lack = [&](auto part) {
    return std::ranges::any_of(members, [&](const Outcomes& said) { return (said.*part).empty(); });
  };
  if (!lack(&Outcomes::log_probs)) return true;
  return combiner_->mixes() && !combiner_->averages() && (facts().view != "summary" || !lack(&Outcomes::max_log_prob));
}

Outcomes FabricModel::outcomes(const View& view, std::span<const Outcomes> members) const {
  if (!replayable(members)) return forward_outcomes(*this, view);
  const int64_t count = std::ssize(members_), length = steps();
  Outcomes result = empty_outcomes(view, length, members[0].outputs);
  result.target = members[0].target;
  const JoinedOutcomes joined = join(members);
  const MemberOutputs said = joined.view();
  if (!joined.log_probs.empty()) result.log_probs.resize(static_cast<size_t>(result.items * result.outputs));
  if (!combiner_->mixes()) {
    combiner_->combine(said, result.log_probs);
    summarise(result);
    return result;
  }
  std::vector<float> weights(static_cast<size_t>(result.items * length * count));
  if (combiner_->gated()) {
    c10::InferenceMode inference;
    const auto flat = to_tensor(view.indices, view.data.inputs.device());
    weights = spread(gate(view.data.inputs.index_select(0, flat), view.data.domains.index_select(0, flat)), count,
                     length, count > 1 ? prefix() : 0);
  } else {
    combiner_->weigh(said, weights);
  }
  // Labels and marked bytes are judged by which output is ranked first, and a mixture of summaries does not tell.
  const bool ranked = view.items.kind != InputKind::tokens || !view.items.scored.empty();
  const bool copied = result.log_probs.empty() && !joined.max_log_prob.empty() && is_one_hot(weights);
  if (ranked && result.log_probs.empty() && !copied) return forward_outcomes(*this, view);
  result.target_log_prob.resize(result.target.size());
  mix(said, weights, result.target_log_prob, result.log_probs);
  for (size_t at = 0; at < result.target.size(); ++at)
    if (result.target[at] < 0) result.target_log_prob[at] = 0;  // a mixture of nothing rounds near it
  if (!result.log_probs.empty())
    summarise(result);
  else if (copied)
    copy_summaries(result, members, weights);
  return result;
}

}  // namespace loom
