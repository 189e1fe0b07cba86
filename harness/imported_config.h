// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/experiment.h"
#include "harness/resolve.h"

// How a config speaks of predictions made elsewhere; harness/imported/ reads and replays them.
namespace loom::imported_config {

// The suite and the architecture `imported`. No worker builds them, so that no facts.json lists them.
std::vector<Facts> facts();

bool is_imported(const Json& component);  // a resolved suite or arm

// {imported: PATH, ...} as an entry of `suites:` is {suite: {imported: PATH}, ...}.
Node suite_entry(const Node& entry);
// A config without `suites` whose arms all are {imported: PATH} names its suites by them; else nothing.
std::optional<Node> suites_of_arms(const Node& root);
// {imported: MODEL} and {imported: {members: MODEL}} as lists of one.
Node arm_entry(const Node& arm);
std::string arm_label(const Json& component);  // "model-a", "uniform_ensemble of model-a, model-b"

// Columns, seeds and arms of a suite of imported outcomes; `find` gives the entry's or the top level's value. What only
// training needs is refused.
using Finder = std::function<const Node*(std::string_view key)>;
void resolve_suite(const Scope& scope, const Finder& find, SuiteConfig& suite);
// A suite's arms are either all imported or all trained.
void check_arms(const Scope& scope, const Node& list, const SuiteConfig& suite);

}  // namespace loom::imported_config
