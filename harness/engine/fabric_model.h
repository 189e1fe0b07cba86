// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "harness/combiner.h"
#include "harness/engine/model.h"

namespace loom {

// A small classifier over members or domains. On tokens it reads a histogram of the first bytes, else the inputs.
class Router {
 public:
  Router(std::shared_ptr<Network> network, InputKind kind, int64_t prefix)
      : network_(std::move(network)), kind_(kind), prefix_(prefix) {}
  at::Tensor log_probs(const at::Tensor& inputs) const;  // [R, choices]
  static at::Tensor features(const at::Tensor& inputs, InputKind kind, int64_t prefix, int64_t vocabulary);
  const std::shared_ptr<Network>& network() const { return network_; }
  int64_t prefix() const { return prefix_; }
  InputKind kind() const { return kind_; }

 private:
  std::shared_ptr<Network> network_;
  InputKind kind_;
  int64_t prefix_;
};

// The same as numbers, for combiners that measure distances: bags are counted in 512 hashed bins. [R, width] f32
at::Tensor distance_features(const at::Tensor& inputs, const TaskShape& shape, int64_t prefix);

// What answers in a fabric: a network, or one that takes a domain and is always told the same. Members may share one.
struct Member {
  std::shared_ptr<Network> network;
  int64_t tag = -1;  // -1: the network takes none
  at::Tensor log_probs(const at::Tensor& inputs) const;
};
std::vector<Member> members_of(const std::vector<std::shared_ptr<Network>>& networks);
std::vector<Member> tagged_members(const std::shared_ptr<Network>& network);  // one for each domain that it takes

// Specialists and what integrates their outputs. own_domains: member d is domain d's own, so that routing can be right.
class FabricModel : public Model {
 public:
  FabricModel(std::vector<Member> members, std::shared_ptr<Router> router, Json combiner_options,
              std::unique_ptr<Combiner> combiner, TaskShape shape, bool own_domains = false);
  FabricModel(const std::vector<std::shared_ptr<Network>>& networks, std::shared_ptr<Router> router,
              Json combiner_options, std::unique_ptr<Combiner> combiner, TaskShape shape, bool own_domains = false)
      : FabricModel(members_of(networks), std::move(router), std::move(combiner_options), std::move(combiner), shape,
                    own_domains) {}
  at::Tensor log_probs(const Batch& batch, Spans* spans) const override;
  Outcomes outcomes(const View& view, std::span<const Outcomes> members) const override;
  int64_t parameters_total() const override;
  int64_t parameters_active() const override;
  int64_t formula_flops() const override { return combiner_->flops(std::ssize(members_), steps(), shape_.outputs); }
  Json routing(const View& view, const RoutingAids& aids = {}) const override;
  void save(Json& state, Arrays& arrays) const override;

 private:
  int64_t steps() const { return shape_.kind == InputKind::tokens ? shape_.input_dim : 1; }
  int64_t prefix() const { return shape_.kind == InputKind::tokens ? combiner_->prefix() : 0; }
  const Facts& facts() const;
  bool replayable(std::span<const Outcomes> members) const;
  std::vector<std::shared_ptr<Network>> networks() const;                              // each once
  std::vector<float> gate(const at::Tensor& inputs, const at::Tensor& domains) const;  // [R, members]
  at::Tensor picked_log_probs(const at::Tensor& inputs, const std::vector<int64_t>& choice) const;
  at::Tensor one_hot_log_probs(const at::Tensor& inputs, const std::vector<float>& weights) const;
  // answered: which member's word stands in each row, where asked for.
  at::Tensor cascaded_log_probs(const at::Tensor& inputs, std::vector<int64_t>* answered = nullptr) const;
  std::vector<float> answers(const at::Tensor& inputs) const;  // of a cascade: [R, members], 1 for who answers
  std::vector<float> item_weights(const View& view, std::span<const Outcomes> members) const;  // [R, members] or none
  Json cascade_routing(std::span<const float> weights) const;
  at::Tensor mixed_log_probs(const at::Tensor& parts, const std::vector<float>& weights) const;
  std::vector<float> weighed(const Batch& batch, const at::Tensor& parts) const;  // [R, T, members]
  at::Tensor combined_log_probs(const at::Tensor& parts) const;
  at::Tensor all_log_probs(const at::Tensor& inputs) const;  // [K, R, V] or [K, R, T, V]
  // The same of each member where it has weight [R, members] alone, 0 elsewhere.
  at::Tensor needed_log_probs(const at::Tensor& inputs, const std::vector<float>& weights) const;

  std::vector<Member> members_;
  std::shared_ptr<Router> router_;
  Json combiner_options_;
  std::unique_ptr<Combiner> combiner_;
  TaskShape shape_;
  bool own_domains_;
};

// A saved fabric, or the one network that a merge of weights left.
std::unique_ptr<Model> restore_fabric_model(const Json& state, const Arrays& arrays, at::Device device);

}  // namespace loom
