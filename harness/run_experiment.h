// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <span>

#include "harness/experiment.h"
#include "harness/local_run.h"
#include "harness/planning.h"
#include "harness/progress.h"

namespace loom {

struct RunOptions {
  int workers = 0;        // 0 = one per core
  double timeout_s = 0;   // per job; 0 = none
  bool terminal = false;  // live progress
  std::filesystem::path results_root;
};

struct RunSummary {
  Spent spent;
  double wall_s = 0;
  int failed_trials = 0;
  bool interrupted = false;
  bool latency_measured = false;
};

// Plans, trains, assembles, evaluates and measures latency; everything it does can be cut at any point and is continued
// by the same call. `digests` loads the suites' data. An experiment that one of the `local` planners takes needs no
// worker and has no latency session; its trials have no time limit.
RunSummary run_experiment(const Experiment& experiment, const RunOptions& options, const SuiteDigests& digests,
                          std::span<const LocalPlanner> local = {});

// Only the plan, without storing anything.
Json plan_experiment(const Experiment& experiment, const RunOptions& options, const SuiteDigests& digests,
                     std::span<const LocalPlanner> local = {});

Places places_of(const Experiment& experiment, const std::filesystem::path& results_root);
int default_workers();

}  // namespace loom
