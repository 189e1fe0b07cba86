// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/json.h"
#include "harness/worker_pool.h"

namespace loom {

// Where an experiment lives.
struct Places {
  std::filesystem::path results;  // results/<name>
  std::filesystem::path store;    // results/.members
};

struct RunningJob {
  std::string what;
  double seconds = 0;  // since it was given to a worker
};
struct Progress {
  int done = 0, total = 0, failed = 0, running = 0;
  double flops_done = 0, flops_total = 0;
  std::vector<RunningJob> jobs = {};  // one for each busy worker, the longest first
};

// CPU seconds of finished jobs; harness share = 1 - work / cpu.
struct Spent {
  double cpu_s = 0, work_cpu_s = 0, flops = 0;
  int members = 0, trials = 0;
};

// Which of the plan's jobs are still to do, from the files alone.
struct Missing {
  std::vector<std::string> members, trials;
};
Missing missing_jobs(const Json& plan, const Places& places, const std::vector<std::string>& trials);

// Runs what `trials` need: members (stacked where alike, parents first), then assembly, then nothing else. A stack or
// batch that fails is retried one by one; a job that fails alone marks its trials in trials/<id>.failed.json and the
// others go on. Returns early when interrupted.
Spent execute(const Json& plan, const Places& places, const std::vector<std::string>& trials, WorkerPool& pool,
              const std::function<void(const Progress&)>& show, double timeout_s);

}  // namespace loom
