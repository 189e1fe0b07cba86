// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/architecture.h"

namespace loom::architectures {

// Runs trained apart: a seed of `seed_samples` (0: none) on everything, deployed by nobody, then a run for each part,
// from the seed or from random weights. The parts share what is left of `samples` in proportion to their data; each
// takes its own from the pooled order where the seed left it. Of a pooled partition all have all data and equal shares.
std::vector<TrainSpec> part_runs(const RecipeContext& context, const Json& partition, double seed_samples,
                                 double samples);

// The same as parts of something larger: each is its participant's, and none is deployed.
std::vector<TrainSpec> participant_runs(const RecipeContext& context, const Json& partition, double seed_samples,
                                        double samples);

Field partition_field();                                                                    // whose data is whose
Field share_field(const char* name, double fallback, const char* doc, double min = 0.001);  // of the training samples
std::optional<std::string> reject_pooled(const Json& partition);  // specialists that all have all data

}  // namespace loom::architectures
