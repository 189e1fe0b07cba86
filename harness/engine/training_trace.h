// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/engine/member_store.h"

namespace loom {

// What the runs that a planned trial is charged for leave in its record.
struct TrainingTrace {
  std::string curves;                 // metrics.jsonl: each run's checks, its id at "member"
  std::vector<std::string> deployed;  // ids, a run as often as it is charged
  double cpu_s = 0;
  int64_t peak_memory_bytes = 0;
  double late_gain = 0;  // of a deployed run, on average, over the last fifth of its training: see training_trace.cpp
};
TrainingTrace training_trace(const Json& trial, MemberStore& store, const std::string& metric);

// Weights that participants would ship: those that each run trained once to whoever assembles or averages, and before
// it to whose run it is what it starts from, when that is a seed or an average, and all runs that it reads which are
// not there already.
int64_t bytes_moved(const Json& trial, MemberStore& store);

}  // namespace loom
