// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/machine.h"

#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/error.h"
#include "harness/io.h"

extern char** environ;

namespace loom {
namespace machine_detail {
namespace {

std::string text_of(const char* file) {
  try {
    return read_file(file);
  } catch (const EnvironmentError&) {
    return "";
  }
}

// The rest of the first line that begins with `key`, after its colon.
std::string value_of(const std::string& text, const std::string& key) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    const size_t begin = line.find_first_not_of(" \t", line.find(':') + 1);
    return begin == line.npos ? "" : line.substr(begin);
  }
  return "";
}

std::optional<int64_t> bytes_of(const std::string& meminfo, const std::string& key) {
  std::istringstream value(value_of(meminfo, key));
  int64_t kilobytes = 0;
  if (!(value >> kilobytes)) return std::nullopt;
  return kilobytes * 1024;
}

// A container's limit is below the machine's memory.
std::optional<int64_t> group_limit() {
  std::istringstream value(text_of("/sys/fs/cgroup/memory.max"));
  int64_t bytes = 0;
  if (!(value >> bytes)) return std::nullopt;  // "max", or no such file
  return bytes;
}

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(descriptor, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<size_t>(got));
  }
  return text;
}

}  // namespace
}  // namespace machine_detail

Machine read_machine() {
  using namespace machine_detail;
  Machine machine;
  const std::string cpuinfo = text_of("/proc/cpuinfo"), meminfo = text_of("/proc/meminfo");
  machine.cpu = value_of(cpuinfo, "model name");
  std::istringstream flags(value_of(cpuinfo, "flags"));
  for (std::string flag; flags >> flag;)
    for (const char* known :
         {"sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile"})
      if (flag == known) machine.isa.push_back(flag);
  machine.cores = usable_cores();
  machine.memory_bytes = bytes_of(meminfo, "MemTotal");
  machine.free_memory_bytes = bytes_of(meminfo, "MemAvailable");
  if (const auto limit = group_limit(); limit && machine.memory_bytes) {
    machine.memory_bytes = std::min(*machine.memory_bytes, *limit);
    if (machine.free_memory_bytes) machine.free_memory_bytes = std::min(*machine.free_memory_bytes, *limit);
  }
  machine.pressure_readable = !text_of("/proc/pressure/cpu").empty();
  return machine;
}

Json ask_worker(const std::filesystem::path& worker) {
  int ends[2];
  if (::access(worker.c_str(), X_OK) != 0 || ::pipe(ends) != 0) return nullptr;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addclose(&actions, ends[0]);
  ::posix_spawn_file_actions_addclose(&actions, ends[1]);
  std::string program = worker.string(), verb = "--doctor";
  std::array<char*, 3> arguments = {program.data(), verb.data(), nullptr};
  pid_t child = -1;
  const int failed = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  const std::string text = failed == 0 ? machine_detail::read_all(ends[0]) : "";
  ::close(ends[0]);
  int status = 0;
  if (failed != 0 || ::waitpid(child, &status, 0) != child || status != 0) return nullptr;
  try {
    return parse_json(text, "loom-worker --doctor");
  } catch (const InputError&) {
    return nullptr;
  }
}

}  // namespace loom
