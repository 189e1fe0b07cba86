// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "harness/resolve.h"

namespace loom {

// One entry of `suites:` for each combination of the sweeps in its suite's settings; what is swept stands in its label.
std::vector<Node> expanded_entries(const Scope& scope, const Node& entry);

}  // namespace loom
