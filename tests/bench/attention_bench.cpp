// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <vector>

#include "harness/engine/row_attention.h"

// Causal attention of a batch of 8 windows of 128 steps, in our loops and the library's, alone and with its gradient.
namespace loom::attention_bench {
namespace {

constexpr int64_t kRows = 8, kSteps = 128;

at::Tensor by_library(const at::Tensor& mixed) {
  const auto parts = mixed.permute({2, 0, 3, 1, 4}).unbind(0);
  const auto said = at::scaled_dot_product_attention(parts[0], parts[1], parts[2], {}, 0.0, /*is_causal=*/true);
  return said.transpose(1, 2).reshape({mixed.size(0), mixed.size(1), mixed.size(3) * mixed.size(4)});
}

template <class Attend>
void attend(benchmark::State& state, Attend attend_to) {
  const int64_t heads = state.range(0), width = state.range(1);
  const bool learns = state.range(2) != 0;
  const at::Tensor mixed = at::randn({kRows, kSteps, 3, heads, width}).requires_grad_(learns);
  const at::Tensor upstream = at::randn({kRows, kSteps, heads * width});
  for (auto _ : state) {
    const at::Tensor said = attend_to(mixed);
    if (learns)
      benchmark::DoNotOptimize(torch::autograd::grad({said}, {mixed}, {upstream}));
    else
      benchmark::DoNotOptimize(said);
  }
  state.SetItemsProcessed(state.iterations() * kRows * kSteps);
}

void attention(benchmark::State& state) { attend(state, causal_attention); }
void attention_library(benchmark::State& state) { attend(state, by_library); }

void cases(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"heads", "width", "learns"});
  for (const int64_t learns : {0, 1})
    for (const auto& [heads, width] : {std::pair<int64_t, int64_t>{1, 12}, {2, 20}, {4, 16}, {8, 64}})
      bench->Args({heads, width, learns});
}
BENCHMARK(attention)->Apply(cases);
BENCHMARK(attention_library)->Apply(cases);

}  // namespace
}  // namespace loom::attention_bench
