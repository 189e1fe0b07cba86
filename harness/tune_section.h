// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/resolve.h"

namespace loom {

// The section `tune` resolved: {"trials", "edge", "grid": {key of `train`: [values]}}; a grid or a number of trials
// that cannot be is told. Null where there is no section.
Json resolve_tune(const Scope& scope, const Node* node);

}  // namespace loom
