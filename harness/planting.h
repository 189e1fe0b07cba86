// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/local_run.h"
#include "harness/planted.h"
#include "harness/suite.h"

namespace loom {

// Plans experiments on planted suites: rows of every arm, and of the values that a search for a crossover came to.
// `digests` is digests.json: records depend on its `planted` and on the components'.
LocalPlanner planted_planner(std::vector<SuiteSource> suites, std::vector<ClosedForm> forms, const Json& digests);

std::string planted_digest(const Json& suite);  // of what decides the worlds beside code and seed: the settings

}  // namespace loom
