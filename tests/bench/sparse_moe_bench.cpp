// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>

#include "harness/engine/train.h"

// What dispatch costs: top-1 of 8 experts against the dense network of as many FLOPs an item, gates included: its last
// hidden layer is wider by what the gates take, in steps of 4 as the solver's. The counter says how near that comes.
namespace loom::sparse_moe_bench {
namespace {

NetworkSpec network_of(const Json& layer, int64_t width, int64_t hidden) {
  return {.backbone = {{"name", "mlp"}, {"width", width}, {"hidden", hidden}, {"depth", 2}},
          .layer = layer,
          .shape = {.kind = InputKind::vector, .input_dim = 64, .outputs = 10, .domains = 4}};
}

const Json kSparse = {{"name", "sparse_moe"}, {"experts", 8}, {"top_k", 1}, {"balance", 0.01}};

NetworkSpec twin_of_sparse(int64_t width) {
  const auto wanted = forward_item_flops(network_of(kSparse, width, width));
  const auto away = [&](int64_t hidden) {
    return std::abs(forward_item_flops(network_of({{"name", "dense"}}, width, hidden)) - wanted);
  };
  int64_t hidden = width;
  while (away(hidden + 4) < away(hidden)) hidden += 4;
  return network_of({{"name", "dense"}}, width, hidden);
}

void answer(benchmark::State& state, const NetworkSpec& spec) {
  const int64_t batch = state.range(0);
  Network network(spec, 1);
  network.parameters().initialise(std::vector<uint64_t>{0}, std::vector<uint64_t>{0});
  const c10::InferenceMode inference;
  const at::Tensor inputs = at::rand({batch, 64});
  for (auto _ : state) benchmark::DoNotOptimize(network.log_probs(inputs, {}));
  state.SetItemsProcessed(state.iterations() * batch);
  state.counters["flop_per_item"] = static_cast<double>(forward_item_flops(spec));
}

void dense(benchmark::State& state) { answer(state, twin_of_sparse(state.range(1))); }
void sparse_moe(benchmark::State& state) { answer(state, network_of(kSparse, state.range(1), state.range(1))); }
BENCHMARK(dense)->ArgNames({"batch", "width"})->ArgsProduct({{1, 64, 512}, {64, 256}});
BENCHMARK(sparse_moe)->ArgNames({"batch", "width"})->ArgsProduct({{1, 64, 512}, {64, 256}});

// A feed-forward block of a small transformer by itself.
void block(benchmark::State& state, const Json& layer) {
  constexpr int64_t kWidth = 128, kHidden = 512;
  const auto map = [](const char* name, int64_t in, int64_t out, Activation after) {
    const Init init{InitKind::uniform, 1 / std::sqrt(static_cast<double>(in))};
    return Affine{name, in, out, after, init, init};
  };
  Parameters parameters(1, at::kCPU);
  const auto slot = build_layer(
      layer, "", {map("up", kWidth, kHidden, Activation::relu), map("down", kHidden, kWidth, Activation::none)},
      parameters);
  parameters.initialise(std::vector<uint64_t>{0}, std::vector<uint64_t>{0});
  const c10::InferenceMode inference;
  const at::Tensor rows = at::rand({1, state.range(0), kWidth});
  for (auto _ : state) {
    Pass pass;
    benchmark::DoNotOptimize(slot->forward(parameters, rows, pass));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void block_dense(benchmark::State& state) { block(state, {{"name", "dense"}}); }
void block_sparse_moe(benchmark::State& state) { block(state, kSparse); }
BENCHMARK(block_dense)->ArgName("batch")->Arg(1)->Arg(64)->Arg(512);
BENCHMARK(block_sparse_moe)->ArgName("batch")->Arg(1)->Arg(64)->Arg(512);

// What a call costs before it does anything: one operation on one number, and the memory of a result.
void tensor_operation(benchmark::State& state) {
  const c10::InferenceMode inference;
  const at::Tensor one = at::rand({1});
  for (auto _ : state) benchmark::DoNotOptimize(at::relu(one));
}
void tensor_memory(benchmark::State& state) {
  const c10::InferenceMode inference;
  for (auto _ : state) benchmark::DoNotOptimize(at::empty({1}));
}
BENCHMARK(tensor_operation);
BENCHMARK(tensor_memory);

}  // namespace
}  // namespace loom::sparse_moe_bench
