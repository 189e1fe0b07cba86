// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <numeric>

#include "harness/engine/losses.h"
#include "harness/engine/model.h"
#include "tests/bench/random_items.h"

// What a member of bytes12 costs where nothing is learned: its outcomes on a split, and a look at validation.
namespace loom::evaluation_bench {
namespace {

constexpr int64_t kWindows = 256, kSteps = 128;

std::shared_ptr<Network> member(int64_t width, int64_t hidden) {
  const NetworkSpec spec{
      .backbone = {{"name", "transformer"}, {"width", width}, {"hidden", hidden}, {"depth", 2}},
      .shape = {.kind = InputKind::tokens, .input_dim = kSteps, .vocabulary = 256, .outputs = 256, .domains = 12}};
  auto network = std::make_shared<Network>(spec, 1);
  network->parameters().initialise(std::vector<uint64_t>{1}, std::vector<uint64_t>{0});
  return network;
}

Items windows() {
  Items items;
  items.kind = InputKind::tokens;
  items.input_dim = kSteps;
  items.domain.assign(kWindows, 0);
  items.group.resize(kWindows);
  return items;
}

std::vector<int64_t> all_windows() {
  std::vector<int64_t> all(kWindows);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

void counted(benchmark::State& state, const Network& network) {
  const auto windows = static_cast<double>(kWindows);
  state.counters["flop_per_s"] = benchmark::Counter(windows * static_cast<double>(forward_item_flops(network.spec())),
                                                    benchmark::Counter::kIsIterationInvariantRate);
}

void outcomes(benchmark::State& state) {
  const auto network = member(state.range(0), state.range(1));
  const NetworkModel model(network);
  const Items items = windows();
  const Dataset data = bench::random_items(network->spec().shape, kWindows);
  const std::vector<int64_t> all = all_windows();
  for (auto _ : state) benchmark::DoNotOptimize(forward_outcomes(model, {items, data, all}));
  counted(state, *network);
}
BENCHMARK(outcomes)->ArgNames({"width", "hidden"})->Args({40, 164})->Args({64, 256})->Unit(benchmark::kMillisecond);

void look(benchmark::State& state) {
  const auto network = member(state.range(0), state.range(1));
  const Dataset data = bench::random_items(network->spec().shape, kWindows);
  const std::vector<int64_t> all = all_windows();
  for (auto _ : state) benchmark::DoNotOptimize(check_stack(*network, data, {all}));
  counted(state, *network);
}
BENCHMARK(look)->ArgNames({"width", "hidden"})->Args({40, 164})->Args({64, 256})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace loom::evaluation_bench
