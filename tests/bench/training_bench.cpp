// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <numeric>

#include "harness/engine/train.h"

// What one training step of one member costs through the path that all training takes: forward, backward, AdamW.
namespace loom::training_bench {
namespace {

constexpr int64_t kSteps = 64;

Dataset random_items(const TaskShape& shape, int64_t count) {
  Dataset data{.kind = shape.kind, .inputs = {}, .targets = {}, .domains = at::zeros({count}, at::kLong)};
  if (shape.kind == InputKind::tokens) {
    data.inputs = data.targets = at::randint(shape.vocabulary, {count, shape.input_dim}, at::kLong);
  } else {
    data.inputs = at::rand({count, shape.input_dim});
    data.targets = at::randint(shape.outputs, {count}, at::kLong);
  }
  return data;
}

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

// The network of most sweeps: 64-64-64-10, batch 64; alone and stacked.
void mlp(benchmark::State& state) {
  const NetworkSpec spec{.backbone = {{"name", "mlp"}, {"width", 64}, {"hidden", 64}, {"depth", 2}},
                         .shape = {.kind = InputKind::vector, .input_dim = 64, .outputs = 10, .domains = 4}};
  train_stack(state, spec, state.range(0), 64);
}
BENCHMARK(mlp)->ArgName("stack")->Arg(1)->Arg(8)->Arg(24)->Unit(benchmark::kMillisecond);

// The 46k parameters of configs/quickstart.yaml on bytes, windows of 128.
void transformer(benchmark::State& state) {
  const NetworkSpec spec{
      .backbone = {{"name", "transformer"}, {"width", 32}, {"hidden", 192}, {"depth", 2}},
      .shape = {.kind = InputKind::tokens, .input_dim = 128, .vocabulary = 256, .outputs = 256, .domains = 9}};
  train_stack(state, spec, state.range(0), 8);
}
BENCHMARK(transformer)->ArgName("stack")->Arg(1)->Arg(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace loom::training_bench
