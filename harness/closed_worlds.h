// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/experiment.h"
#include "harness/planted.h"
#include "harness/resolve.h"

// What configs may say of planted suites and of no other. Mistakes are told in `scope`.
namespace loom {

void refuse_planted_keys(const Scope& scope, const Node& entry);  // in an entry of `suites:` that is not planted
// On a planted suite: keys that say how networks are trained; columns other than free.
void refuse_training_key(const Scope& scope, const std::string& label, const std::string& key, const Mark& mark);
void refuse_sized_columns(const Scope& scope, const std::string& label, const Mark& mark);
// A closed form has nothing that could fix a budget.
void refuse_planted_reference(const Scope& scope, const ArmConfig& reference, const Mark& mark);

// A closed form runs on the worlds it names, a network on items: an arm that cannot run on the suite is a mistake.
void refuse_foreign_arms(const Scope& scope, const SuiteConfig& suite, const Facts& facts, const Mark& mark);

int64_t resolve_replicates(const Scope& scope, const Node* node);  // nullptr: the default

// `suite` has its arms; null where the node is.
Json resolve_search(const Scope& scope, const SuiteConfig& suite, const Facts& facts, const Node& node);

}  // namespace loom
