// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "harness/json.h"

namespace loom {

// Members that may train in lockstep have one key: same network, steps, suite and settings; seeds and parts differ. Who
// learns from teachers, or reads what others say, is like nobody else. `run`: a member as in a plan.
std::string stack_key(const Json& run);
size_t stack_limit(const Json& run);
// For the order of jobs only: a rough cost per step beside the arithmetic, which expert layers multiply.
double stack_seconds(const Json& run, size_t stack);

}  // namespace loom
