// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/engine/fabric_model.h"
#include "harness/engine/train.h"
#include "harness/facts.h"
#include "harness/stitch.h"

namespace loom {

// One training run, as pure data: phase one of a recipe.
struct TrainSpec {
  NetworkSpec network;
  Json partition = {{"name", "pooled"}, {"parts", 1}};  // whose data: part `part` of it
  int64_t part = 0;
  Split split = Split::train;          // of which it takes its items
  int64_t begin = 0;                   // position in the seed's pooled order from which it takes its items
  int64_t steps = 0;                   // whole batches; 0: it is what it starts from
  uint64_t init_index = 0;             // member 0 starts from the monolith's streams
  int64_t parent = -1;                 // index in the recipe's list whose weights it starts from; -1 = random weights
  std::vector<int64_t> stitched = {};  // or several whose weights are stitched into its own (harness/stitch.h)
  std::vector<double> shares = {};     // of each of them in the mean; empty: equal
  std::optional<double> scaling = {};  // of what they differ from the first of them; nullopt: the mean
  // Or what an outer optimiser makes of its own fresh weights by the runs of earlier rounds (harness/stitch.h).
  std::vector<std::vector<int64_t>> rounds = {};
  OuterStep outer = {};
  // What it learns beside the targets: members' outputs (harness/engine/train.h); empty: nothing.
  std::vector<int64_t> teachers = {};
  bool teacher_by_domain = false;
  double temperature = 1, soft_share = 0;
  // Earlier runs in layers, whose probabilities at the temperature it reads behind each item (layered_model.h).
  std::vector<std::vector<int64_t>> below = {};
  Trains trains = Trains::everything;
  // Its place in a longer course of the learning rate: the steps before it, and all of them; 0: its own are all.
  int64_t schedule_begin = 0, schedule_steps = 0;
  std::string stage = "members";
  bool deployed = true;      // a seed model is trained but not part of the assembled fabric
  int64_t event = -1;        // of a stream: at which event it is trained
  int64_t participant = -1;  // whose run it is; -1: a deployed specialist is its own, all else is shared
};

struct RecipeContext {
  TaskShape shape;
  Json options;         // the arm's component, resolved; sizes set by the solver
  int64_t samples = 0;  // pooled-order items that all members share
  int64_t batch = 1;
  std::function<std::vector<double>(const Json& partition)> part_shares;  // share of the train split in each part

  NetworkSpec network(const Json& layer = {{"name", "dense"}}, int64_t tags = 0) const;
  int64_t steps(double samples_of_member) const;  // rounded to whole batches, at least one
  TrainSpec pooled(NetworkSpec network) const;    // the monolith's run
};

// What phase two may use: trained members and the train side, never the test, its metric or the suite's name.
class Assembly {
 public:
  virtual ~Assembly() = default;
  virtual const TaskShape& shape() const = 0;
  virtual const Json& options() const = 0;
  virtual std::vector<std::shared_ptr<Network>> members() = 0;  // deployed ones, stacks of one
  virtual std::shared_ptr<Network> seed() = 0;                  // what all branched from, not deployed; null: none
  virtual uint64_t trial_seed() const = 0;                      // keys what an assembly draws
  virtual const Items& items() const = 0;
  virtual const Dataset& data() const = 0;  // of the train side, as items()
  virtual std::vector<int64_t> indices(Split split) const = 0;
  virtual std::vector<int32_t> parts(const Json& partition, Split split) const = 0;  // of indices(split)'s items
  // What members of a fabric say on a train-side split; charged to "selection". Of the recipe's own members, in their
  // order, it is stored.
  virtual std::vector<Outcomes> outcomes_of(const std::vector<Member>& members, Split split) = 0;
  virtual void charge(const std::string& stage, double flops, int64_t samples) = 0;  // what the caller computes
  // Of a stream: the event to which all that follows is charged.
  virtual void at_event(int64_t event) = 0;
  // Trains a router on the router split: targets[i] for its i-th item, -1: left out. Charged to "router".
  virtual std::shared_ptr<Router> train_router(const Json& options, std::span<const int32_t> targets, int64_t choices,
                                               int64_t prefix) = 0;
  // Only sizes and costs are wanted: networks are untrained, outcomes_of gives nothing, train_router charges without
  // training.
  virtual bool dry() const = 0;
};

// Multiples of the reference's own that a reference row is given, whatever the budgets say.
struct Beyond {
  double parameters = 1, samples = 1;
};

// architectures/<name>.cpp defines `Architecture <name>()`.
struct Architecture {
  Facts facts;
  // Why this arm cannot run on such a task; nullopt when it can. Never a silent substitute.
  std::optional<std::string> (*reject)(const Json& options, const TaskShape& shape) = nullptr;
  std::vector<TrainSpec> (*members)(const RecipeContext& context) = nullptr;
  std::unique_ptr<Model> (*assemble)(Assembly& assembly) = nullptr;
  std::unique_ptr<Model> (*restore)(const Json& state, const Arrays& arrays, at::Device device) = restore_network_model;
  Beyond (*beyond)(const Json& options) = nullptr;  // nullptr: it keeps to the budgets, as all that rank do
};
std::vector<Architecture> all_architectures();
const Architecture& find_architecture(std::string_view name);

std::unique_ptr<Model> assemble_network(Assembly& assembly);  // the one member answers
// Members under a combiner of outputs: trains its router, fits it, and charges for both.
std::unique_ptr<Model> assemble_fabric(Assembly& assembly, std::vector<Member> members, const Json& combiner);
// The one network takes a domain: as many members as domains, under options()["combiner"].
std::unique_ptr<Model> assemble_tagged(Assembly& assembly);
// Why a combiner of outputs cannot work on such a task with so many members; `own_domains`: they are one for each
// domain.
std::optional<std::string> combiner_rejection(const Json& combiner, const TaskShape& shape, bool own_domains);
Field backbone_field();  // every architecture's last field
Field combiner_field();

// Information level of an arm: the higher of its architecture's and its combiner's. Family likewise.
std::string information_level(const Json& component);
// Why the arm cannot run on this task, from its facts, its parts' facts and its own reject().
std::optional<std::string> rejection(const Json& component, const TaskShape& shape);

}  // namespace loom
