// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/json.h"

namespace loom {

// Each arm's search for settings in a plan: [{"suite", "arm", "tuned", "edge", "points": as in plan.json,
// "search_flops", "expected_best": [of h = 1..H trials]}].
Json describe_tuning(const Json& plan);

// The same as a table of expected best validation scores; empty where nothing was searched.
std::string tuning_text(const Json& tuning);

}  // namespace loom
