// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/engine/architecture.h"
#include "harness/engine/loaded_suite.h"

namespace loom {

// One line of a trial's cost ledger. FLOPs are charged in full to every arm that uses a member, though it is trained
// once.
struct Charge {
  std::string stage;  // seed | members | router | selection
  double flops = 0;
  int64_t samples = 0;       // items (windows) seen, passes counted
  int64_t participant = -1;  // index of the specialist it belongs to; -1 = shared
  int64_t event = -1;        // of a stream; -1 = none
};
Json to_json(const Charge& charge);

// The recipe of one arm on one seed: its runs, and the charges for training them.
struct Recipe {
  std::vector<TrainSpec> specs;
  std::vector<Charge> charges;
};
Recipe make_recipe(const LoadedSuite& suite, const Json& component, int64_t samples, const TrainConfig& train,
                   uint64_t seed);

// Routers already trained in this process: trials of one seed whose routers learn the same from the same share one, and
// each is charged for it in full.
using RouterCache = std::map<std::string, std::shared_ptr<Router>>;

// Assembly over real or untrained members.
class TrialAssembly : public Assembly {
 public:
  using OutcomesSource = std::function<std::vector<Outcomes>(Split)>;
  using NetworkSource = std::function<std::shared_ptr<Network>()>;
  // dry: all networks are untrained and nothing is computed on data. branched_from: loads the seed, where the recipe
  // has one; asked by those who merge.
  TrialAssembly(const LoadedSuite& suite, Json component, uint64_t seed, TrainConfig train,
                std::vector<std::shared_ptr<Network>> members, OutcomesSource outcomes, bool dry,
                RouterCache* routers = nullptr, NetworkSource branched_from = {});
  const TaskShape& shape() const override { return shape_; }
  const Json& options() const override { return component_; }
  std::vector<std::shared_ptr<Network>> members() override { return members_; }
  std::shared_ptr<Network> seed() override { return branched_from_ ? branched_from_() : nullptr; }
  uint64_t trial_seed() const override { return seed_; }
  const Items& items() const override { return suite_.suite().train_side(); }
  const Dataset& data() const override { return suite_.data(); }
  std::vector<int64_t> indices(Split split) const override { return suite_.indices(split, seed_); }
  std::vector<int32_t> parts(const Json& partition, Split split) const override {
    return suite_.parts(partition, seed_, split);
  }
  std::vector<Outcomes> outcomes_of(const std::vector<Member>& members, Split split) override;
  void charge(const std::string& stage, double flops, int64_t samples) override;
  std::shared_ptr<Router> train_router(const Json& options, std::span<const int32_t> targets, int64_t choices,
                                       int64_t prefix) override;
  void at_event(int64_t event) override { event_ = event; }
  bool dry() const override { return dry_; }
  const std::vector<Charge>& charges() const { return charges_; }

 private:
  const LoadedSuite& suite_;
  TaskShape shape_;
  Json component_;
  uint64_t seed_;
  TrainConfig train_;
  std::vector<std::shared_ptr<Network>> members_;
  OutcomesSource outcomes_;
  bool dry_;
  RouterCache* routers_;
  NetworkSource branched_from_;
  int64_t event_ = -1;
  std::vector<Charge> charges_;
};

// Deployed members of a recipe as untrained networks (dry assembly).
std::vector<std::shared_ptr<Network>> untrained(const Recipe& recipe, at::Device device);
std::shared_ptr<Network> untrained_seed(const Recipe& recipe, at::Device device);  // null: the recipe has none

// FLOPs to answer one item: counted on a few train items, plus the formula of parts outside LibTorch.
double inference_flops(const Model& model, const LoadedSuite& suite);

}  // namespace loom
