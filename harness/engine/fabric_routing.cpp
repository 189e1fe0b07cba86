// SPDX-License-Identifier: Apache-2.0
// Who answers in a fabric: FabricModel::routing.
#include <algorithm>
#include <cmath>

#include "harness/engine/expert_routing.h"
#include "harness/engine/fabric_model.h"
#include "harness/engine/train.h"
#include "harness/joined_outcomes.h"

namespace loom {
namespace fabric_routing_detail {

// Summed over items, by domain and member.
struct Load {
  std::vector<std::vector<double>> sum;  // [domains][members]
  std::vector<double> items;             // [domains]
  double entropy = 0;                    // summed over items, of their own weights
};

double entropy_of(std::span<const double> shares) {
  double entropy = 0;
  for (const double share : shares) entropy -= share > 0 ? share * std::log(share) : 0;
  return entropy;
}

// An item's weights are the mean of its steps', those that are not scored left out: [R, steps, members] -> [R,
// members].
std::vector<float> mean_of_steps(std::span<const float> weights, const Outcomes& said, size_t members) {
  std::vector<float> mean;
  const auto steps = static_cast<size_t>(said.steps);
  for (size_t item = 0; item < static_cast<size_t>(said.items); ++item) {
    std::vector<double> sum(members);
    double count = 0;
    for (size_t at = item * steps; at < (item + 1) * steps; ++at) {
      if (said.target[at] < 0) continue;
      count += 1;
      for (size_t member = 0; member < members; ++member)
        sum[member] += static_cast<double>(weights[at * members + member]);
    }
    for (const double one : sum)
      mean.push_back(static_cast<float>(count > 0 ? one / count : 1 / static_cast<double>(members)));
  }
  return mean;
}

Load load_of(const View& view, std::span<const float> weights, size_t members, size_t domains) {
  Load load{std::vector(domains, std::vector<double>(members)), std::vector<double>(domains), 0};
  std::vector<double> own(members);
  for (size_t row = 0; row < view.indices.size(); ++row) {
    const auto domain = static_cast<size_t>(view.items.domain[static_cast<size_t>(view.indices[row])]);
    load.items[domain] += 1;
    for (size_t member = 0; member < members; ++member) {
      own[member] = static_cast<double>(weights[row * members + member]);
      load.sum[domain][member] += own[member];
    }
    load.entropy += entropy_of(own);
  }
  return load;
}

// `known`: domains that have a member of their own, 0: none has.
Json described(Load load, size_t known) {
  const size_t count = load.sum[0].size();
  const auto has_items = [](double items) { return items > 0; };
  const auto present = static_cast<double>(std::ranges::count_if(load.items, has_items));
  std::vector<double> total(count), right;
  double items = 0;
  for (size_t domain = 0; domain < load.sum.size(); ++domain) {
    if (load.items[domain] == 0) continue;
    items += load.items[domain];
    for (size_t member = 0; member < count; ++member) {
      load.sum[domain][member] /= load.items[domain];
      total[member] += load.sum[domain][member] / present;
    }
    if (domain < known) right.push_back(load.sum[domain][domain]);
  }
  double accuracy = 0;
  for (const double share : right) accuracy += share / static_cast<double>(right.size());
  const double few = 1 / static_cast<double>(10 * count);  // a tenth of an even share
  return {{"load", load.sum},
          {"entropy", entropy_of(total)},
          {"load_entropy", entropy_of(total)},
          {"gate_entropy", load.entropy / items},
          {"dead", std::ranges::count_if(total, [&](double share) { return share < few; })},
          {"accuracy", right.empty() ? Json(nullptr) : Json(accuracy)}};
}

}  // namespace fabric_routing_detail

using namespace fabric_routing_detail;

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

// Of a gate its own, of a cascade 1 for who answers, of those who weigh what was said the mean over steps; empty of
// those who pool all answers.
std::vector<float> FabricModel::item_weights(const View& view, std::span<const Outcomes> members) const {
  const auto flat = to_tensor(view.indices, view.data.inputs.device());
  if (!combiner_->order(std::ssize(members_)).empty()) return answers(view.data.inputs.index_select(0, flat));
  if (combiner_->gated()) return gate(view.data.inputs.index_select(0, flat), view.data.domains.index_select(0, flat));
  if (!combiner_->mixes()) return {};
  std::vector<Outcomes> own;
  if (!replayable(members))
    for (const Member& member : members_)
      own.push_back(forward_outcomes(NetworkModel(member.network, member.tag), view));
  const std::span<const Outcomes> said = own.empty() ? members : own;
  const JoinedOutcomes joined = join(said);
  std::vector<float> weights(said[0].target.size() * members_.size());
  combiner_->weigh(joined.view(), weights);
  return mean_of_steps(weights, said[0], members_.size());
}

// What ran: weights [R, members] are 1 for who answers, and all before it in order ran too.
Json FabricModel::cascade_routing(std::span<const float> weights) const {
  const std::vector<int64_t> order = combiner_->order(std::ssize(members_));
  std::vector<double> flops;
  for (const int64_t member : order)
    flops.push_back(static_cast<double>(forward_item_flops(members_[static_cast<size_t>(member)].network->spec())));
  double executed = 0, spent = 0, deferred = 0;
  for (size_t row = 0; row < weights.size(); row += order.size())
    for (size_t stage = 0; stage < order.size(); ++stage) {
      executed += 1;
      spent += flops[stage];
      if (weights[row + static_cast<size_t>(order[stage])] != 1) continue;
      deferred += stage > 0 ? 1 : 0;
      break;
    }
  const double items = static_cast<double>(weights.size()) / static_cast<double>(order.size());
  return {{"executed", executed / items},
          {"executed_flops", spent / items},
          {"defer_rate", deferred / items},
          {"curve", combiner_->told()}};
}

Json FabricModel::routing(const View& view, const RoutingAids& aids) const {
  const auto own = networks();
  const Json layers =  // of the one, told the true domains
      own.size() == 1 ? expert_routing(*own[0], view, aids.batch) : Json();
  c10::InferenceMode inference;
  const std::vector<float> weights = item_weights(view, aids.members);
  if (weights.empty()) return layers;
  const auto count = members_.size(), domains = static_cast<size_t>(shape_.domains);
  const size_t all = std::max(domains, static_cast<size_t>(1 + *std::ranges::max_element(view.items.domain)));
  Json said = described(load_of(view, weights, count, all), own_domains_ && count == domains ? domains : 0);
  if (!combiner_->order(std::ssize(members_)).empty()) said.update(cascade_routing(weights));
  if (!layers.is_null()) said.update(layers);
  return said;
}

}  // namespace loom
