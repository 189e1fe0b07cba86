// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/latency_probe.h"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <numeric>
#include <sstream>

#include "harness/engine/torch.h"
#include "harness/io.h"

namespace loom {
namespace latency_probe_detail {

// "some ... total=<microseconds>" of the pressure file; 0 where the kernel has none.
double pressure_seconds() {
  const std::filesystem::path file = "/proc/pressure/cpu";
  if (!std::filesystem::exists(file)) return 0;
  const std::string text = read_file(file);
  const size_t at = text.find("total=");
  return at == std::string::npos ? 0 : std::stod(text.substr(at + 6)) * 1e-6;
}

double stolen_seconds() {
  std::istringstream line(read_file("/proc/stat"));
  std::string word;
  line >> word;
  double value = 0;
  for (int column = 0; column < 8; ++column) line >> value;  // user nice system idle iowait irq softirq steal
  return value / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double best_of(int repeats, const std::function<void()>& work) {
  double best = 1e9;
  for (int i = 0; i < repeats; ++i) {
    const double start = wall_seconds();
    work();
    best = std::min(best, wall_seconds() - start);
  }
  return best;
}

class Collect : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs)
      cpu_s[run.benchmark_name()] = run.cpu_accumulated_time / static_cast<double>(run.iterations);
  }
  std::map<std::string, double> cpu_s;
};

}  // namespace latency_probe_detail

using namespace latency_probe_detail;

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double gemm_peak(int64_t rows, int64_t width) {
  c10::InferenceMode inference;
  const auto a = at::rand({rows, width}), b = at::rand({width, width});
  auto c = at::empty({rows, width});
  const double flops = 2.0 * static_cast<double>(rows * width * width);
  const int inner = static_cast<int>(std::max(1.0, 2e7 / flops));  // long enough for the clock
  const double seconds = best_of(5, [&] {
    for (int i = 0; i < inner; ++i) at::mm_out(c, a, b);
  });
  return flops * inner / seconds;
}

double read_bandwidth() {
  const std::vector<float> block(16'000'000, 1.0F);
  double sum = 0;
  const double seconds = best_of(3, [&] {
    sum += at::from_blob(const_cast<float*>(block.data()), {std::ssize(block)}, at::kFloat).sum().item<double>();
  });
  return sum > 0 ? static_cast<double>(block.size() * sizeof(float)) / seconds : 0;
}

ContentionMeter::ContentionMeter()
    : pressure_s_(pressure_seconds()), stolen_s_(stolen_seconds()), wall_s_(wall_seconds()) {}

Contention ContentionMeter::stop() const {
  return {pressure_seconds() - pressure_s_, stolen_seconds() - stolen_s_, wall_seconds() - wall_s_};
}

std::vector<double> benchmark_cpu_s(const std::vector<std::pair<std::string, std::function<void()>>>& calls,
                                    double minimum_s) {
  for (const auto& [name, call] : calls)
    benchmark::RegisterBenchmark(name.c_str(), [call = call](benchmark::State& state) {
      for ([[maybe_unused]] auto _ : state) call();
    })->MinTime(minimum_s);
  Collect collect;
  benchmark::RunSpecifiedBenchmarks(&collect);
  benchmark::ClearRegisteredBenchmarks();
  std::vector<double> seconds;
  for (const auto& [name, call] : calls) {
    double found = 0;
    for (const auto& [run, cpu_s] : collect.cpu_s)
      if (run.starts_with(name + "/") || run == name) found = cpu_s;
    seconds.push_back(found);
  }
  return seconds;
}

}  // namespace loom
