// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/plan.h"

namespace loom {

// Jobs as a worker's child runs them. Each writes whole artefacts and returns what the supervisor shows:
// {"work_cpu_s": CPU spent in training and evaluation, ...}.

// {"members": [{"id", run...}, ...] trained as one stack, "store": results/.members}
Json run_train_job(const Json& job, Suites& suites, at::Device device);

// {"trials": [{"id", trial...}, ...] of one suite and seed, "store": results/.members, "results": results/<name>}
Json run_assemble_job(const Json& job, Suites& suites, at::Device device);

// Thread CPU seconds.
double cpu_seconds();

}  // namespace loom
