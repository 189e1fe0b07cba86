// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/json.h"

namespace loom {

struct Machine {
  std::string cpu;
  std::vector<std::string> isa;  // of those that decide speed: sse4_2 avx avx2 fma avx512f ...
  int cores = 0;                 // this process may use
  std::optional<int64_t> memory_bytes, free_memory_bytes;
  bool pressure_readable = false;  // /proc/pressure/cpu: contention is seen during latency sessions
};
Machine read_machine();

// What `loom-worker --doctor` prints; null when the program is missing or does not run.
Json ask_worker(const std::filesystem::path& worker);

}  // namespace loom
