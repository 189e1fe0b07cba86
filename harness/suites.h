// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "harness/experiment.h"
#include "harness/resolve.h"

namespace loom {

// The `suites:` list resolved: every entry with the top-level values it does not set itself.
std::vector<SuiteConfig> resolve_suites(const Scope& scope, const Node& root, const Json& statistics);

Json to_json(const SuiteConfig& suite);  // an entry of `suites:` that resolves to the same again

}  // namespace loom
