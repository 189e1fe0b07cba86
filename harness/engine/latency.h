// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/plan.h"

namespace loom {

// A latency session: all models of an experiment, alone on the machine, in shuffled blocks under one time cap.
// {"models": [{"trial", "suite", "architecture", "column", "infer_flops", "params_active"}], "results": results/<name>,
//  "seconds", "batches"} -> the session's record; commits it as results/<name>/latency/<session>/.
Json run_latency_job(const Json& job, Suites& suites, at::Device device);

}  // namespace loom
