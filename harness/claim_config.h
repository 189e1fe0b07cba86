// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "harness/claim.h"
#include "harness/experiment.h"
#include "harness/resolve.h"

namespace loom {

inline constexpr size_t kClaimsMax = 200;  // in one experiment

// The `claims:` list resolved: maps, and files of them named relative to the file that names them. Arms, suites and
// columns must be the experiment's; without suites (they hold mistakes of their own) only the form is checked. Mistakes
// go to the scope's diagnostics.
std::vector<Claim> resolve_claims(const Scope& scope, const Node& root, const std::filesystem::path& config,
                                  std::span<const SuiteConfig> suites);

}  // namespace loom
