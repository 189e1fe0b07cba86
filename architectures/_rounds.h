// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/architecture.h"

namespace loom::architectures {

// One network that parties train without showing their data: in each round each trains on its own part from what all
// have together, and the last run, of no steps, is what the last round left. All start from the monolith's weights; the
// learning rate takes one course over all rounds; optimiser states stay at home and start anew. A party hands on what
// is best on its own part's validation, as every run does. `outer`: what is made of a round by the plain mean of the
// parties; nullptr: their mean by the sizes of their parts, n_k / n.
std::vector<TrainSpec> round_members(const RecipeContext& context, const OuterStep* outer);
std::vector<Field> round_fields(std::vector<Field> own);
std::optional<std::string> reject_pooled_parties(const Json& options);

}  // namespace loom::architectures
