// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/experiment.h"
#include "harness/schedule.h"

namespace loom {

// A trial that loom runs itself, on a thread and without a worker.
struct LocalTrial {
  std::string id;
  double flops = 0;  // for progress
  // The files of trials/<id>, record.json among them; pure but for the clock. No files: it saw interrupted() and leaves
  // nothing. An EnvironmentError ends the run, any other exception is this trial's failure.
  std::function<std::map<std::string, std::string>()> run;
};

// What a planner says: plan.json without `key`, `experiment` and `code` (docs/format.md), and every trial of it. Trials
// in `pending` are run first, and the planner is asked again with their records.
struct LocalPlan {
  Json plan;
  std::vector<LocalTrial> trials;
};

// The record of a trial; nothing while there is none.
using RecordReader = std::function<std::optional<Json>(const std::string& id)>;

// Plans the suites that need no worker. `plan` is pure: the same experiment and records give the same plan.
struct LocalPlanner {
  std::string name;  // in messages: "planted"
  std::function<bool(const SuiteConfig&)> takes;
  Json code;  // digests that decide its bits, for the plan's key
  std::function<LocalPlan(const Experiment&, const RecordReader&)> plan;
};

// The planner of this experiment, nullptr where workers run it. InputError where it would take both.
const LocalPlanner* find_planner(const Experiment& experiment, std::span<const LocalPlanner> planners);

// One trial a job, `threads` side by side; trials that are there already are skipped. A trial that fails is marked in
// trials/<id>.failed.json and the others go on. Returns early when interrupted.
Spent execute_local(std::span<const LocalTrial> trials, const Places& places, int threads,
                    const std::function<void(const Progress&)>& show);

// Plans until nothing is pending and runs every trial. The plan is stored before the reported trials run; it is
// returned without being whole when interrupted.
struct LocalRun {
  Json plan;
  Spent spent;
};
LocalRun run_local(const LocalPlanner& planner, const Experiment& experiment, const Places& places,
                   const std::string& key, int threads, const std::function<void(const Progress&)>& show);

// The plan as far as the records go, with key, experiment and code. Stores nothing.
LocalPlan plan_local(const LocalPlanner& planner, const Experiment& experiment, const Places& places,
                     const std::string& key);

}  // namespace loom
