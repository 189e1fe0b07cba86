// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <numeric>

#include "harness/engine/architecture.h"

// Combiners replayed from what four members said about 10,000 items of ten classes: every combiner of labels, again and
// again until there are a hundred, fits included. `combiners` a second is what counts: 100 in at most 10 s is 10.
namespace loom::replay_bench {
namespace {

constexpr int64_t kItems = 10'000, kMembers = 4, kOutputs = 10, kFeatures = 64, kCombiners = 100;

Items made_up_items() {
  Items items;
  items.count = kItems;
  items.input_dim = kFeatures;
  for (int64_t i = 0; i < kItems; ++i) {
    items.domain.push_back(static_cast<int32_t>(i % kMembers));
    items.group.push_back(static_cast<int32_t>(i));
    items.label.push_back(static_cast<int32_t>(i % kOutputs));
  }
  return items;
}

struct World {
  Items items = made_up_items();
  Dataset data{InputKind::vector, at::rand({kItems, kFeatures}), at::arange(kItems).remainder(kOutputs),
               at::arange(kItems).remainder(kMembers)};
  std::vector<int64_t> indices = std::vector<int64_t>(kItems);
  TaskShape shape{.kind = InputKind::vector, .input_dim = kFeatures, .outputs = kOutputs, .domains = kMembers};
  std::vector<std::shared_ptr<Network>> networks;
  std::vector<Outcomes> said;

  World() {
    std::iota(indices.begin(), indices.end(), 0);
    const Json backbone = {{"name", "mlp"}, {"width", 8}, {"hidden", 8}, {"depth", 1}};
    for (uint64_t member = 0; member < kMembers; ++member) {
      auto network = std::make_shared<Network>(NetworkSpec{backbone, {{"name", "dense"}}, shape, 0}, 1);
      network->parameters().initialise(std::array<uint64_t, 1>{1}, std::array{member});
      networks.push_back(network);
      said.push_back(forward_outcomes(NetworkModel(network), {items, data, indices}));
    }
  }
};

// One combiner's arm: fitted on these outcomes, then replayed on them.
void replay(const World& world, const Json& options) {
  auto combiner = build_combiner(options);
  std::shared_ptr<Router> router;
  if (combiner->needs_router()) {
    const NetworkSpec spec{{{"name", "mlp"}, {"width", 16}, {"hidden", 16}, {"depth", 1}},
                           {{"name", "dense"}},
                           {.kind = InputKind::vector, .input_dim = kFeatures, .outputs = kMembers, .domains = 1},
                           0};
    router = std::make_shared<Router>(std::make_shared<Network>(spec, 1), InputKind::vector, 0);
  }
  const auto features = world.data.inputs.narrow(0, 0, 1000).contiguous();
  const std::vector<int32_t> choice(world.items.domain.begin(), world.items.domain.begin() + 1000);
  combiner->declare(1000, kFeatures);
  combiner->fit({.calibration = world.said,
                 .domains = kMembers,
                 .members = kMembers,
                 .features = {features.data_ptr<float>(), static_cast<size_t>(features.numel())},
                 .choice = choice});
  const FabricModel model(world.networks, router, options, std::move(combiner), world.shape);
  benchmark::DoNotOptimize(model.outcomes({world.items, world.data, world.indices}, world.said));
}

std::vector<Json> replayed_combiners() {
  std::vector<Json> all;
  for (const CombinerSource& source : all_combiners()) {
    if (source.build == nullptr || std::ranges::count(source.facts.inputs, "vector") == 0) continue;
    Json options = {{"name", source.facts.name}};
    for (const Field& field : source.facts.fields) options[field.name] = field.fallback;
    all.push_back(options);
  }
  return all;
}

void one(benchmark::State& state, const Json& options) {
  const World world;
  for (auto _ : state) replay(world, options);
}

void hundred(benchmark::State& state) {
  const World world;
  const std::vector<Json> all = replayed_combiners();
  for (auto _ : state)
    for (size_t i = 0; i < kCombiners; ++i) replay(world, all[i % all.size()]);
  state.counters["combiners"] = benchmark::Counter(kCombiners, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(hundred)->Name("replay/hundred")->Unit(benchmark::kSecond)->Iterations(1);

[[maybe_unused]] const bool registered = [] {
  for (const Json& options : replayed_combiners())
    benchmark::RegisterBenchmark(("replay/" + options.at("name").get<std::string>()).c_str(),
                                 [options](benchmark::State& state) { one(state, options); })
        ->Unit(benchmark::kMillisecond);
  return true;
}();

}  // namespace
}  // namespace loom::replay_bench
