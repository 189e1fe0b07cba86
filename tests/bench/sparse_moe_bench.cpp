// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "harness/engine/train.h"

// What dispatch costs: top-1 of 8 experts against the dense network that does the same arithmetic per row. The gate's
// own FLOPs are a few per cent and stay on the experts' side.
namespace loom::sparse_moe_bench {
namespace {

void answer(benchmark::State& state, const Json& layer) {
  const int64_t batch = state.range(0), width = state.range(1);
  const NetworkSpec spec{.backbone = {{"name", "mlp"}, {"width", width}, {"hidden", width}, {"depth", 2}},
                         .layer = layer,
                         .shape = {.kind = InputKind::vector, .input_dim = 64, .outputs = 10, .domains = 4}};
  Network network(spec, 1);
  network.parameters().initialise(std::vector<uint64_t>{0}, std::vector<uint64_t>{0});
  const c10::InferenceMode inference;
  const at::Tensor inputs = at::rand({batch, 64});
  for (auto _ : state) benchmark::DoNotOptimize(network.log_probs(inputs, {}));
  state.SetItemsProcessed(state.iterations() * batch);
  state.counters["flop_per_item"] = static_cast<double>(forward_item_flops(spec));
}

void dense(benchmark::State& state) { answer(state, {{"name", "dense"}}); }
void sparse_moe(benchmark::State& state) {
  answer(state, {{"name", "sparse_moe"}, {"experts", 8}, {"top_k", 1}, {"balance", 0.01}});
}
BENCHMARK(dense)->ArgNames({"batch", "width"})->ArgsProduct({{1, 64, 512}, {64, 256}});
BENCHMARK(sparse_moe)->ArgNames({"batch", "width"})->ArgsProduct({{1, 64, 512}, {64, 256}});

}  // namespace
}  // namespace loom::sparse_moe_bench
