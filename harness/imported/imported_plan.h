// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "harness/experiment.h"
#include "harness/imported/outcome_table.h"

namespace loom::imported {

using Tables = std::map<std::string, OutcomeTable>;  // by label of the suite

Tables read_tables(const Experiment& experiment);

// plan.json (docs/format.md) of an experiment on imported outcomes: rows of the models and fabrics that the config
// names and of their controls, a trial for each seed that the files hold, at most the config's. `code` is digests.json.
// InputError: a model that is not in the files, a combiner whose view they do not meet.
Json make_plan(const Experiment& experiment, const Tables& tables, const Json& code);

// The models that a component of the plan names.
std::vector<size_t> members_of(const Json& component, const OutcomeTable& table);

}  // namespace loom::imported
