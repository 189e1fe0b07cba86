// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "harness/result_store.h"

namespace loom {

// Macro mean over the domains that have items, as a score's.
double macro_of(const std::vector<double>& domain);
std::vector<double> member_macros(const MemberScores& scores);
// What the true domain's member scores in each domain; empty where the members are not one for each domain.
std::vector<double> own_domain_scores(const MemberScores& scores);

}  // namespace loom
