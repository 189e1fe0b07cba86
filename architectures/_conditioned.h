// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/architecture.h"

namespace loom::architectures {

// One network whose layers read the domain, trained on the true one. At inference it is a fabric of as many members as
// domains, which share their weights: a combiner of outputs chooses a domain, or mixes them all.

// `own` and the fields that all of them end in.
std::vector<Field> conditioned_fields(std::vector<Field> own);
// A head for each domain, unless the suite's adapters are that already or, on tokens, the head is tied to the table.
enum class Heads { shared, towers };
std::vector<TrainSpec> conditioned_members(const RecipeContext& context, const Json& layer, Heads heads);
std::optional<std::string> conditioned_rejection(const Json& options, const TaskShape& shape);

}  // namespace loom::architectures
