// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "harness/engine/expert_routing.h"
#include "harness/engine/fabric_model.h"
#include "harness/error.h"
#include "harness/joined_outcomes.h"

namespace loom {
namespace fabric_replay_detail {

// Joined outcomes of one precision, whether these are from the store, which rounds summaries of tokens, or not.
JoinedOutcomes as_stored(std::span<const Outcomes> members) {
  JoinedOutcomes joined = join(members);
  if (joined.steps > 1)
    for (auto* summary : {&joined.max_log_prob, &joined.entropy})
      for (float& value : *summary) value = static_cast<float>(c10::Half(value));
  return joined;
}

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

// Members that ran for a row of a cascade, on average: all up to the one that answered.
double mean_executed(const std::vector<int64_t>& order, std::span<const float> weights) {
  double sum = 0;
  for (size_t row = 0; row < weights.size(); row += order.size())
    for (size_t stage = 0; stage < order.size(); ++stage)
      if (weights[row + static_cast<size_t>(order[stage])] == 1) sum += static_cast<double>(stage + 1);
  return sum * static_cast<double>(order.size()) / static_cast<double>(weights.size());
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
  return combiner_->mixes() && (facts().view != "summary" || !lack(&Outcomes::max_log_prob));
}

Outcomes FabricModel::outcomes(const View& view, std::span<const Outcomes> members) const {
  if (!replayable(members)) return forward_outcomes(*this, view);
  const int64_t count = std::ssize(members_), length = steps();
  Outcomes result = empty_outcomes(view, length, members[0].outputs);
  result.target = members[0].target;
  const JoinedOutcomes joined = as_stored(members);
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

std::vector<float> FabricModel::answers(const at::Tensor& inputs) const {
  constexpr int64_t kRows = 512;
  const int64_t count = std::ssize(members_);
  std::vector<float> weights(static_cast<size_t>(inputs.size(0) * count));
  for (int64_t begin = 0; begin < inputs.size(0); begin += kRows) {
    const auto chunk = inputs.narrow(0, begin, std::min(kRows, inputs.size(0) - begin));
    std::vector<int64_t> answered(static_cast<size_t>(chunk.size(0)));
    cascaded_log_probs(chunk, &answered);
    for (int64_t row = 0; row < chunk.size(0); ++row)
      weights[static_cast<size_t>((begin + row) * count + answered[static_cast<size_t>(row)])] = 1;
  }
  return weights;
}

// Mean gate weight, of a cascade share of answers, per domain (held-out ones too; null: without items) and member.
// accuracy: weight on the member of the item's own domain, where there is one each.
Json FabricModel::routing(const View& view) const {
  const auto own = networks();
  const Json layers = own.size() == 1 ? expert_routing(*own[0], view) : Json();  // of the one, told the true domains
  const std::vector<int64_t> order = combiner_->order(std::ssize(members_));
  if (!combiner_->gated() && order.empty()) return layers;
  c10::InferenceMode inference;
  const auto count = members_.size(), domains = static_cast<size_t>(shape_.domains);
  const size_t all = std::max(domains, static_cast<size_t>(1 + *std::ranges::max_element(view.items.domain)));
  const auto flat = to_tensor(view.indices, view.data.inputs.device());
  const auto inputs = view.data.inputs.index_select(0, flat);
  const auto weights = order.empty() ? gate(inputs, view.data.domains.index_select(0, flat)) : answers(inputs);
  std::vector<std::vector<double>> load(all, std::vector<double>(count));
  std::vector<double> items(all), total(count);
  for (size_t row = 0; row < view.indices.size(); ++row) {
    const auto domain = static_cast<size_t>(view.items.domain[static_cast<size_t>(view.indices[row])]);
    items[domain] += 1;
    for (size_t member = 0; member < count; ++member) load[domain][member] += weights[row * count + member];
  }
  double entropy = 0, accuracy = 0;
  const auto present = static_cast<double>(std::ranges::count_if(items, [](double n) { return n > 0; }));
  const auto known = static_cast<double>(
      std::count_if(items.begin(), items.begin() + static_cast<int64_t>(domains), [](double n) { return n > 0; }));
  for (size_t domain = 0; domain < all; ++domain)
    for (size_t member = 0; member < count && items[domain] > 0; ++member) {
      load[domain][member] /= items[domain];
      total[member] += load[domain][member] / present;
      if (member == domain && domain < domains) accuracy += load[domain][member] / known;
    }
  for (double share : total) entropy -= share > 0 ? share * std::log(share) : 0;
  Json said = {{"load", load},
               {"entropy", entropy},
               {"accuracy", count == domains && known > 0 ? Json(accuracy) : Json(nullptr)}};
  if (!order.empty()) said["executed"] = mean_executed(order, weights);
  if (!layers.is_null()) said.update(layers);
  return said;
}

}  // namespace loom
