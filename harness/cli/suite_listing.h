// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/json.h"
#include "harness/suite.h"

namespace loom {

// {"name", "summary", "domains", "sizes": {split: items}, "metric", "licence", "source", "available", "reason"}; null
// where the data is not here or the suite needs a setting (reason says which).
Json describe_suite(const SuiteSource& source);

}  // namespace loom
