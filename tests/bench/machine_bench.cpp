// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/engine/torch.h"

// What the machine allows, beside which the other figures are read.
namespace loom::machine_bench {
namespace {

// sgemm [rows, width] x [width, width] on one thread: the ceiling of a layer of that shape.
void gemm(benchmark::State& state) {
  const int64_t rows = state.range(0), width = state.range(1);
  const c10::InferenceMode inference;
  const at::Tensor left = at::rand({rows, width}), right = at::rand({width, width});
  at::Tensor product = at::empty({rows, width});
  for (auto _ : state) benchmark::DoNotOptimize(at::mm_out(product, left, right));
  state.counters["flop_per_s"] = benchmark::Counter(2.0 * static_cast<double>(rows * width * width),
                                                    benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(gemm)->ArgNames({"rows", "width"})->Args({64, 64})->Args({512, 64})->Args({512, 512})->Args({2048, 2048});

// A child per job, as a worker makes them: with LibTorch loaded and `megabytes` of data resident.
void fork_child(benchmark::State& state) {
  const at::Tensor resident = at::ones({state.range(0) << 18});
  for (auto _ : state) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(0);
    if (pid < 0) return state.SkipWithError("cannot fork");
    ::waitpid(pid, nullptr, 0);
  }
  benchmark::DoNotOptimize(resident);
}
BENCHMARK(fork_child)->ArgName("megabytes")->Arg(0)->Arg(256)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace loom::machine_bench
