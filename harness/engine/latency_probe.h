// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/json.h"

namespace loom {

double wall_seconds();

// sgemm FLOP/s of [rows, width] x [width, width] on one thread: the ceiling at that shape.
double gemm_peak(int64_t rows, int64_t width);
double read_bandwidth();  // bytes per second of a sequential read larger than the caches

// Busy neighbours while a session ran: CPU pressure and stolen time as shares of its wall time.
struct Contention {
  double pressure_s = 0, stolen_s = 0, wall_s = 0;
  bool busy() const { return pressure_s > 0.1 * wall_s || stolen_s > 0.02 * wall_s; }
};
class ContentionMeter {
 public:
  ContentionMeter();
  Contention stop() const;

 private:
  double pressure_s_, stolen_s_, wall_s_;
};

// CPU seconds per call of each named function through Google Benchmark.
std::vector<double> benchmark_cpu_s(const std::vector<std::pair<std::string, std::function<void()>>>& calls,
                                    double minimum_s);

}  // namespace loom
