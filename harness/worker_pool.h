// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/json.h"

namespace loom {

// Set by the SIGINT and SIGTERM handlers; every wait looks at it.
std::atomic<bool>& interrupted();

// N fork servers (loom-worker --serve) with one job each at a time. A worker that dies is replaced; its job is answered
// with ok = false.
class WorkerPool {
 public:
  WorkerPool(std::filesystem::path executable, int workers);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  int size() const { return static_cast<int>(workers_.size()); }
  bool idle_worker() const;
  void submit(const Json& job);  // needs an idle worker; the job's "job" names it in the answer
  int running() const;
  // The next answer, waiting at most `wait_s`; nothing when none came or an interrupt did.
  std::optional<Json> next_answer(double wait_s);
  void stop();  // kills all workers

 private:
  struct Worker {
    pid_t pid = -1;
    int to = -1, from = -1;
    std::string text;
    std::optional<Json> job;
  };
  void start(Worker& worker);
  int end(Worker& worker);  // its wait status
  std::optional<Json> take_line(Worker& worker);
  std::filesystem::path executable_;
  std::vector<Worker> workers_;
};

// One job on one worker, waited for. Throws what the job reported.
Json run_single_job(WorkerPool& pool, Json job);
[[noreturn]] void throw_job_error(const Json& answer);

std::filesystem::path program_folder();  // of the running executable

}  // namespace loom
