// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/experiment.h"
#include "harness/resolve.h"

namespace loom {

// Fills in the reference and the samples that fix the budget of a suite: those of its own entry (nullptr: it sets
// nothing), else the top level's. Samples stand beside the reference or in it, once for each level. Where they are not
// `needed` only what is there is checked.
void resolve_reference(const Scope& scope, const Node& root, const Node* entry, SuiteConfig& suite, bool needed = true);

}  // namespace loom
