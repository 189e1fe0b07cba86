// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "harness/engine/data.h"
#include "harness/engine/network.h"
#include "harness/event_stream.h"
#include "harness/outcomes.h"

namespace loom {

struct Batch {
  at::Tensor inputs;       // [R, dim] f32 or [R, T] i64
  at::Tensor domains;      // [R] i64; read only by models of information level `domain`
  at::Tensor scored = {};  // tokens: [R, T] bool; undefined: every byte is
};
Batch take_batch(const Dataset& data, const at::Tensor& rows);  // rows [R] i64

// Items of one split together with their tensors.
struct View {
  const Items& items;
  const Dataset& data;
  std::span<const int64_t> indices;
};

// What a model's diagnostics may use beside a view, where it is known: stored outcomes of the recipe's members on it,
// and the items of a batch of training.
struct RoutingAids {
  std::span<const Outcomes> members = {};  // empty: they run forward
  int64_t batch = 0;                       // 0: all rows are one
};

// Wall seconds of one forward, by part.
struct Spans {
  double router_s = 0, experts_s = 0, combine_s = 0;
};

class Model;

// What answers after one event of a stream.
struct Stage {
  StreamEvent event;
  std::shared_ptr<const Model> model;
  std::vector<size_t> members;  // of the recipe, those that `model` holds, in its order
  std::vector<int32_t> owner;   // [domains] which of them is the domain's own, -1: none; empty: nothing is routed
};

// What an architecture assembles to and a user would deploy.
class Model {
 public:
  virtual ~Model() = default;
  virtual at::Tensor log_probs(const Batch& batch,
                               Spans* spans = nullptr) const = 0;  // [R, outputs] or [R, T, outputs]
  // What the model says about `view`. `members`: stored outcomes of the recipe's members on the same view, or empty.
  // The default runs forward; models whose combiner's view allows it replay instead, equal within 1e-5.
  virtual Outcomes outcomes(const View& view, std::span<const Outcomes> members) const;
  virtual int64_t parameters_total() const = 0;
  virtual int64_t parameters_active() const = 0;       // used by one item
  virtual int64_t formula_flops() const { return 0; }  // per item, of parts that run outside LibTorch
  // Who answers: `routing` of docs/format.md; null = does not route.
  virtual Json routing(const View&, const RoutingAids& = {}) const { return nullptr; }
  virtual std::span<const Stage> stages() const { return {}; }  // of a stream; the last is the model itself
  virtual void save(Json& state, Arrays& arrays) const = 0;
};

Outcomes forward_outcomes(const Model& model, const View& view);
Outcomes empty_outcomes(const View& view, int64_t steps, int64_t outputs);  // with domain, group and value of the items
// Splits "<prefix>name" arrays of a saved model.
Arrays with_prefix(const Arrays& arrays, std::string_view prefix);
void add_with_prefix(Arrays& into, const Arrays& from, const std::string& prefix);
std::shared_ptr<Network> restore_network(const Json& spec, const Arrays& arrays, at::Device device);

// One network answers; one that takes a domain gets the batch's, or always `tag`.
class NetworkModel : public Model {
 public:
  explicit NetworkModel(std::shared_ptr<Network> network, int64_t tag = -1) : network_(std::move(network)), tag_(tag) {}
  at::Tensor log_probs(const Batch& batch, Spans* spans) const override;
  Outcomes outcomes(const View& view, std::span<const Outcomes> members) const override;
  int64_t parameters_total() const override { return network_->parameter_count(); }
  int64_t parameters_active() const override { return network_->active_parameter_count(); }
  Json routing(const View& view, const RoutingAids& aids = {}) const override;  // of its expert layers
  void save(Json& state, Arrays& arrays) const override;

 private:
  std::shared_ptr<Network> network_;
  int64_t tag_;
};

// A network that was made of members and is none of them, however many they were: what they said is not its word.
class MadeNetworkModel : public NetworkModel {
 public:
  using NetworkModel::NetworkModel;
  Outcomes outcomes(const View& view, std::span<const Outcomes>) const override {
    return forward_outcomes(*this, view);
  }
};

std::unique_ptr<Model> restore_network_model(const Json& state, const Arrays& arrays, at::Device device);

}  // namespace loom
