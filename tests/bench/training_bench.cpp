// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <numeric>

#include "harness/engine/adamw_update.h"
#include "harness/engine/train.h"
#include "tests/bench/random_items.h"

// What one training step of one member costs through the path that all training takes: forward, backward, AdamW.
namespace loom::training_bench {
namespace {

using bench::random_items;

constexpr int64_t kSteps = 64;

void train_stack(benchmark::State& state, const NetworkSpec& spec, int64_t stack, int64_t batch) {
  const Dataset data = random_items(spec.shape, kSteps * batch);
  std::vector<int64_t> order(static_cast<size_t>(data.size()));
  std::iota(order.begin(), order.end(), 0);
  const std::vector<MemberData> members(static_cast<size_t>(stack), {.order = order, .validation = {}});
  const TrainConfig config{.batch = batch, .checks = 1};
  std::vector<uint64_t> seeds(static_cast<size_t>(stack)), index(static_cast<size_t>(stack), 0);
  std::iota(seeds.begin(), seeds.end(), 0);
  Network network(spec, stack);
  for (auto _ : state) {
    network.parameters().initialise(seeds, index);
    benchmark::DoNotOptimize(train(network, data, members, config));
  }
  using benchmark::Counter;
  const auto steps = static_cast<double>(kSteps * stack);
  state.counters["member_step_s"] = Counter(steps, Counter::kIsIterationInvariantRate | Counter::kInvert);
  state.counters["flop_per_s"] =
      Counter(steps * static_cast<double>(train_step_flops(spec, batch)), Counter::kIsIterationInvariantRate);
}

// Beside a copy of the same memory traffic: an update that is not vectorised shows as a ratio above ten.
void adamw(benchmark::State& state) {
  std::vector<float> parameter(35'000, 0.1F), first(35'000), second(35'000), gradient(35'000, 0.01F);
  const AdamWStep step{
      .beta1 = 0.9F, .beta2 = 0.999F, .decay = 0.9999F, .step_size = 1e-3F, .second_scale = 1, .epsilon = 1e-8F};
  for (auto _ : state) {
    adamw_update(parameter.data(), first.data(), second.data(), gradient.data(), std::ssize(parameter), step);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * std::ssize(parameter));
}
BENCHMARK(adamw);

void adamw_traffic(benchmark::State& state) {
  std::vector<float> from(3 * 35'000, 0.1F), to(3 * 35'000);
  for (auto _ : state) {
    std::ranges::copy(from, to.begin());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * std::ssize(from) / 3);
}
BENCHMARK(adamw_traffic);

// The network of most sweeps: 64-64-64-10, batch 64; alone and stacked.
void mlp(benchmark::State& state) {
  const NetworkSpec spec{.backbone = {{"name", "mlp"}, {"width", 64}, {"hidden", 64}, {"depth", 2}},
                         .shape = {.kind = InputKind::vector, .input_dim = 64, .outputs = 10, .domains = 4}};
  train_stack(state, spec, state.range(0), 64);
}
BENCHMARK(mlp)->ArgName("stack")->Arg(1)->Arg(8)->Arg(24)->Unit(benchmark::kMillisecond);

// Bytes, windows of 128: a twelfth of configs/suites/bytes12.yaml's parameters, those of the quickstart, those of its
// specialists, and all.
void transformer(benchmark::State& state) {
  const NetworkSpec spec{
      .backbone = {{"name", "transformer"}, {"width", state.range(1)}, {"hidden", state.range(2)}, {"depth", 2}},
      .shape = {.kind = InputKind::tokens, .input_dim = 128, .vocabulary = 256, .outputs = 256, .domains = 9}};
  train_stack(state, spec, state.range(0), 8);
}
BENCHMARK(transformer)
    ->ArgNames({"stack", "width", "hidden"})
    ->ArgsProduct({{1, 3}, {12}, {88}})
    ->ArgsProduct({{1, 3}, {32}, {192}})
    ->Args({1, 40, 164})
    ->Args({1, 64, 256})
    ->Unit(benchmark::kMillisecond);

// Hashed features: nearly all weights are the table's, and few of its rows get a gradient.
void bag(benchmark::State& state) {
  const NetworkSpec spec{
      .backbone = {{"name", "bag"}, {"width", 32}, {"hidden", 32}, {"depth", 1}},
      .shape = {.kind = InputKind::bags, .input_dim = 128, .vocabulary = 1 << 14, .outputs = 5, .domains = 4}};
  train_stack(state, spec, state.range(0), 64);
}
BENCHMARK(bag)->ArgName("stack")->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond);

// Images of 28 x 28, 16 and 32 channels.
void cnn(benchmark::State& state) {
  const NetworkSpec spec{
      .backbone = {{"name", "cnn"}, {"width", 64}, {"hidden", 64}},
      .shape = {.kind = InputKind::vector, .input_dim = 28 * 28, .outputs = 10, .domains = 4, .image = {1, 28, 28}}};
  train_stack(state, spec, state.range(0), 64);
}
BENCHMARK(cnn)->ArgName("stack")->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace loom::training_bench
