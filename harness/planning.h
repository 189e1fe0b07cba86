// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "harness/experiment.h"
#include "harness/schedule.h"
#include "harness/worker_pool.h"

namespace loom {

// Digest of every suite's data as it lies on disk now, by label.
using SuiteDigests = std::function<Json(const Experiment& experiment)>;

// What decides a plan: the resolved experiment without its claims, the code (digests.json) and the data. Equal keys:
// the stored plan stands.
std::string plan_key(const Experiment& experiment, const Json& code, const Json& suite_digests);
// digests.json beside the executable, without `build`. An EnvironmentError where this program is of other code.
Json code_digests();

// The plan for this key: the stored results/<name>/plan.json where it is whole and its key is the same, else asked from
// a worker. `ask` starts workers only when needed.
Json obtain_plan(const Experiment& experiment, const Places& places, const std::string& key,
                 const std::function<WorkerPool&()>& ask);

// Stores plan.json and lock.yaml (a config: resolved, frozen, trial ids in comments); an older lock becomes
// lock.<n>.yaml.
void store_plan(const Json& plan, const Places& places);

// What `loom plan` shows: rows with sizes and achieved ratios, jobs cached, new and stale with why, FLOPs, time, disk.
std::string plan_listing(const Json& plan, const Json& old_plan, const Places& places, int workers);
Json stored_plan(const Places& places);  // null when there is none or it cannot be read

std::vector<std::string> pending_trials(const Json& plan);   // that choose settings and widths
std::vector<std::string> reported_trials(const Json& plan);  // every trial that a row reports

}  // namespace loom
