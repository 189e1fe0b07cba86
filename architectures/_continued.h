// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/architecture.h"

namespace loom::architectures {

// A dense network trained on the first `share` of the samples, then `second`, which starts from it, on the rest.
std::vector<TrainSpec> continued_members(const RecipeContext& context, TrainSpec second, double share);
Field share_field();

}  // namespace loom::architectures
