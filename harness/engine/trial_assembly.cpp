// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/trial_assembly.h"

#include <algorithm>
#include <numeric>

#include "harness/engine/flops.h"
#include "harness/error.h"
#include "harness/partition.h"

namespace loom {
namespace trial_assembly_detail {

constexpr int64_t kRouterBatch = 32, kCountedItems = 8;

std::vector<double> part_shares(const LoadedSuite& suite, const Json& partition, uint64_t seed) {
  const auto& parts = suite.parts(partition, seed, Split::train);
  std::vector<double> shares(
      static_cast<size_t>(find_partition(partition.at("name").get<std::string>()).parts(partition, suite.shape())));
  for (int32_t part : parts) shares[static_cast<size_t>(part)] += 1.0 / static_cast<double>(parts.size());
  return shares;
}

// A bag over the same features, else an mlp over Router::features; an image is a vector to it, and so is the one-hot
// domain of adapters.
NetworkSpec router_spec(const TaskShape& shape, int64_t hidden, int64_t choices) {
  const bool tokens = shape.kind == InputKind::tokens, bags = shape.kind == InputKind::bags;
  const TaskShape own{.kind = bags ? InputKind::bags : InputKind::vector,
                      .input_dim = tokens ? shape.vocabulary : shape.input_dim,
                      .vocabulary = bags ? shape.vocabulary : 0,
                      .outputs = choices,
                      .domains = shape.domains};
  const char* name = bags ? "bag" : "mlp";
  return {{{"name", name}, {"width", hidden}, {"hidden", hidden}, {"depth", 1}}, {{"name", "dense"}}, own, 0};
}

}  // namespace trial_assembly_detail

using namespace trial_assembly_detail;

Json to_json(const Charge& charge) {
  Json out = {{"stage", charge.stage},
              {"flops", charge.flops},
              {"samples", charge.samples},
              {"participant", charge.participant}};
  if (charge.event >= 0) out["event"] = charge.event;
  return out;
}

Recipe make_recipe(const LoadedSuite& suite, const Json& component, int64_t samples, const TrainConfig& train,
                   uint64_t seed) {
  const Architecture& architecture = find_architecture(component.at("name").get<std::string>());
  Recipe recipe;
  if (architecture.members == nullptr) return recipe;
  RecipeContext context{.shape = suite.shape(),
                        .options = component,
                        .samples = samples,
                        .batch = train.batch,
                        .part_shares = [&](const Json& partition) { return part_shares(suite, partition, seed); }};
  recipe.specs = architecture.members(context);
  int64_t participant = 0;
  const bool many =
      architecture.facts.family == "fabric" && std::ranges::count_if(recipe.specs, &TrainSpec::deployed) > 1;
  for (const TrainSpec& spec : recipe.specs) {
    const int64_t validation =
        std::ranges::count(suite.parts(spec.partition, seed, Split::validation), static_cast<int32_t>(spec.part));
    double flops = static_cast<double>(train_flops(spec.network, train, spec.steps, validation, spec.trains));
    for (const int64_t teacher : spec.teachers) {  // of those who are asked by domain one runs for an item
      const auto passes = static_cast<double>(spec.steps * train.batch) /
                          static_cast<double>(spec.teacher_by_domain ? spec.teachers.size() : 1);
      flops += passes * static_cast<double>(forward_item_flops(recipe.specs[static_cast<size_t>(teacher)].network));
    }
    for (const auto& layer : spec.below)  // all below run for each item that it sees
      for (const int64_t other : layer)
        flops += static_cast<double>(spec.steps * train.batch + std::min(spec.steps, train.checks) * validation) *
                 static_cast<double>(forward_item_flops(recipe.specs[static_cast<size_t>(other)].network));
    const int64_t whose = spec.participant >= 0 || !many || !spec.deployed ? spec.participant : participant++;
    recipe.charges.push_back({spec.stage, flops, spec.steps * train.batch, whose, spec.event});
  }
  return recipe;
}

TrialAssembly::TrialAssembly(const LoadedSuite& suite, Json component, uint64_t seed, TrainConfig train,
                             std::vector<std::shared_ptr<Network>> members, OutcomesSource outcomes, bool dry,
                             RouterCache* routers, NetworkSource branched_from)
    : suite_(suite),
      shape_(suite.shape()),
      component_(std::move(component)),
      seed_(seed),
      train_(std::move(train)),
      members_(std::move(members)),
      outcomes_(std::move(outcomes)),
      dry_(dry),
      routers_(routers),
      branched_from_(std::move(branched_from)) {
  if (!component_.contains("partition")) return;
  const Json& partition = component_["partition"];
  const PartitionSource& source = find_partition(partition.at("name").get<std::string>());
  if (source.flops != nullptr) charge("selection", source.flops(partition, shape_, items()), 0);
}

void TrialAssembly::charge(const std::string& stage, double flops, int64_t samples) {
  charges_.push_back({stage, flops, samples, -1, event_});
}

std::vector<Outcomes> TrialAssembly::outcomes_of(const std::vector<Member>& members, Split split) {
  check(split != Split::test, "an assembly never sees the test");
  const std::vector<int64_t> own = indices(split);
  double flops = 0;
  for (const Member& member : members)
    flops += static_cast<double>(std::ssize(own) * forward_item_flops(member.network->spec()));
  charge("selection", flops, std::ssize(own) * std::ssize(members));
  if (dry_) return {};
  const auto is_own = [](const Member& member, const std::shared_ptr<Network>& network) {
    return member.tag < 0 && member.network == network;
  };
  if (std::ranges::equal(members, members_, is_own)) return outcomes_(split);
  std::vector<Outcomes> said;
  const View view{items(), suite_.data(), own};
  for (const Member& member : members) said.push_back(forward_outcomes(NetworkModel(member.network, member.tag), view));
  return said;
}

std::shared_ptr<Router> TrialAssembly::train_router(const Json& options, std::span<const int32_t> targets,
                                                    int64_t choices, int64_t prefix) {
  const auto& all = suite_.indices(Split::router, seed_);
  check(targets.size() == all.size(), "one target per item of the router split");
  std::vector<int64_t> indices;
  std::vector<int32_t> wanted;
  for (size_t i = 0; i < all.size(); ++i)
    if (targets[i] >= 0) indices.push_back(all[i]), wanted.push_back(targets[i]);
  check(!indices.empty(), "a router learns from something");
  const NetworkSpec spec = router_spec(shape_, options.at("hidden"), choices);
  TrainConfig config = train_;
  config.batch = kRouterBatch;
  config.checks = 1;
  const int64_t epochs = options.at("epochs"), count = std::ssize(indices);
  const int64_t steps = std::max<int64_t>(1, epochs * count / config.batch);
  charge("router", static_cast<double>(train_flops(spec, config, steps, 0)), steps * config.batch);
  const at::Device device = suite_.data().inputs.device();
  auto router = std::make_shared<Router>(std::make_shared<Network>(spec, 1, device), shape_.kind, prefix);
  if (dry_) return router;
  const std::string key = canonical({{"network", to_json(spec)},
                                     {"steps", steps},
                                     {"prefix", prefix},
                                     {"train", to_json(config)},
                                     {"seed", seed_},
                                     {"suite", suite_.suite().digest()},
                                     {"targets", std::vector(targets.begin(), targets.end())}});
  if (routers_ != nullptr && routers_->contains(key)) return routers_->at(key);
  Dataset data{.kind = spec.shape.kind, .inputs = {}, .targets = {}, .domains = {}};
  const auto flat = to_tensor(indices, device);
  data.inputs = Router::features(suite_.data().inputs.index_select(0, flat), shape_.kind, prefix, shape_.vocabulary);
  data.targets = at::tensor(at::ArrayRef<int32_t>(wanted.data(), wanted.size()), at::kInt).to(at::kLong).to(device);
  std::vector<int64_t> own(indices.size());
  std::iota(own.begin(), own.end(), 0);
  PooledOrder order(own, seed_, "router/order");
  router->network()->parameters().initialise(std::array{seed_}, std::array<uint64_t, 1>{1000});  // a stream of its own
  train(*router->network(), data, {{order.take(0, steps * config.batch, std::vector<int32_t>(own.size(), 0), 0), {}}},
        config);
  if (routers_ != nullptr) routers_->emplace(key, router);
  return router;
}

std::vector<std::shared_ptr<Network>> untrained(const Recipe& recipe, at::Device device) {
  std::vector<std::shared_ptr<Network>> members;
  for (const TrainSpec& spec : recipe.specs)
    if (spec.deployed) members.push_back(std::make_shared<Network>(spec.network, 1, device));
  return members;
}

std::shared_ptr<Network> untrained_seed(const Recipe& recipe, at::Device device) {
  for (const TrainSpec& spec : recipe.specs)
    if (spec.stage == "seed") return std::make_shared<Network>(spec.network, 1, device);
  return nullptr;
}

double inference_flops(const Model& model, const LoadedSuite& suite) {
  c10::InferenceMode inference;
  const int64_t items = std::min(kCountedItems, suite.data().size());
  const Batch batch = take_batch(suite.data(), at::arange(items, suite.data().domains.options()));
  const int64_t counted = count_flops([&] { model.log_probs(batch); });
  return static_cast<double>(counted) / static_cast<double>(items) + static_cast<double>(model.formula_flops());
}

}  // namespace loom
