// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/engine/fabric_model.h"
#include "harness/error.h"

namespace loom {

constexpr int64_t kBagBins = 512;

at::Tensor Router::features(const at::Tensor& inputs, InputKind kind, int64_t prefix, int64_t vocabulary) {
  if (kind != InputKind::tokens) return inputs;
  const auto head = inputs.narrow(1, 0, std::min(prefix, inputs.size(1)));
  const auto ones = at::ones(head.sizes(), at::TensorOptions().dtype(at::kFloat).device(head.device()));
  return at::zeros({head.size(0), vocabulary}, ones.options()).scatter_add_(1, head, ones);
}

at::Tensor Router::log_probs(const at::Tensor& inputs) const {
  return network_->log_probs(features(inputs, kind_, prefix_, network_->spec().shape.input_dim), {});
}

at::Tensor distance_features(const at::Tensor& inputs, const TaskShape& shape, int64_t prefix) {
  if (shape.kind != InputKind::bags) return Router::features(inputs, shape.kind, prefix, shape.vocabulary);
  const auto present = (inputs >= 0).to(at::kFloat);  // -1 fills a bag up
  const auto bins = inputs.clamp_min(0).remainder(kBagBins);
  const auto counts = at::zeros({inputs.size(0), kBagBins}, present.options()).scatter_add_(1, bins, present);
  return counts / present.sum(1, true).clamp_min(1);
}

at::Tensor Member::log_probs(const at::Tensor& inputs) const {
  if (tag < 0) return network->log_probs(inputs, {});
  return network->log_probs(inputs, at::full({inputs.size(0)}, tag, inputs.options().dtype(at::kLong)));
}

std::vector<Member> members_of(const std::vector<std::shared_ptr<Network>>& networks) {
  std::vector<Member> members;
  for (const auto& network : networks) members.push_back({network, -1});
  return members;
}

std::vector<Member> tagged_members(const std::shared_ptr<Network>& network) {
  std::vector<Member> members;
  for (int64_t tag = 0; tag < network->spec().tags; ++tag) members.push_back({network, tag});
  return members;
}

std::vector<std::shared_ptr<Network>> FabricModel::networks() const {
  std::vector<std::shared_ptr<Network>> all;
  for (const Member& member : members_)
    if (std::ranges::find(all, member.network) == all.end()) all.push_back(member.network);
  return all;
}

int64_t FabricModel::parameters_total() const {
  int64_t count = router_ != nullptr ? router_->network()->parameter_count() : 0;
  for (const auto& network : networks()) count += network->parameter_count();
  return count;
}

// Members that share a network share what one of them uses.
int64_t FabricModel::parameters_active() const {
  const auto all = networks();
  const int64_t executed = prefix() > 0 ? std::ssize(members_) : combiner_->executed(std::ssize(members_));
  int64_t count = router_ != nullptr ? router_->network()->parameter_count() : 0;
  for (int64_t i = 0; i < std::min<int64_t>(executed, std::ssize(all)); ++i)
    count += all[static_cast<size_t>(i)]->active_parameter_count();
  return count;
}

void FabricModel::save(Json& state, Arrays& arrays) const {
  const auto all = networks();
  Json chosen;
  Arrays fitted;
  combiner_->save(chosen, fitted);
  state = {{"model", "fabric"},           {"combiner", combiner_options_}, {"combiner_state", chosen},
           {"own_domains", own_domains_}, {"networks", Json::array()},     {"members", Json::array()}};
  for (size_t i = 0; i < all.size(); ++i) {
    state["networks"].push_back(to_json(all[i]->spec()));
    add_with_prefix(arrays, all[i]->parameters().save(0), "network" + std::to_string(i) + ".");
  }
  for (const Member& member : members_)
    state["members"].push_back(
        {{"network", std::ranges::find(all, member.network) - all.begin()}, {"tag", member.tag}});
  add_with_prefix(arrays, fitted, "combiner.");
  if (router_ == nullptr) return;
  state["router"] = {{"network", to_json(router_->network()->spec())}, {"prefix", router_->prefix()}};
  add_with_prefix(arrays, router_->network()->parameters().save(0), "router.");
}

std::unique_ptr<Model> restore_fabric_model(const Json& state, const Arrays& arrays, at::Device device) {
  if (state.at("model") == "network") return restore_network_model(state, arrays, device);
  std::vector<std::shared_ptr<Network>> networks;
  for (size_t i = 0; i < state.at("networks").size(); ++i)
    networks.push_back(
        restore_network(state["networks"][i], with_prefix(arrays, "network" + std::to_string(i) + "."), device));
  std::vector<Member> members;
  for (const Json& member : state.at("members"))
    members.push_back({networks.at(member.at("network").get<size_t>()), member.at("tag").get<int64_t>()});
  const TaskShape shape = networks.at(0)->spec().shape;
  std::shared_ptr<Router> router;
  if (state.contains("router"))
    router =
        std::make_shared<Router>(restore_network(state["router"].at("network"), with_prefix(arrays, "router."), device),
                                 shape.kind, state["router"].at("prefix").get<int64_t>());
  auto combiner = build_combiner(state.at("combiner"));
  combiner->restore(state.at("combiner_state"), with_prefix(arrays, "combiner."));
  return std::make_unique<FabricModel>(std::move(members), std::move(router), state.at("combiner"), std::move(combiner),
                                       shape, state.value("own_domains", false));
}

}  // namespace loom
