// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/architecture.h"

namespace loom {

std::string component_key(const char* kind, const Json& component);  // "layer/dense", as content_id takes it

// All of a training run but for seed, data and settings: what its id covers, and what the job that trains it reads.
// `earlier`: ids of the recipe's runs before it. What is not usual is left out, so that ids of runs without it stay.
Json run_body(const TrainSpec& spec, const std::vector<std::string>& earlier);
std::vector<std::string> run_code(const TrainSpec& spec);  // components whose sources decide its bits

}  // namespace loom
