// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "harness/combiner.h"

// What combiners on weights share: arithmetic in double, member by member and array by array.
namespace loom::weights {

using Values = std::vector<double>;
using Weights = std::map<std::string, Values>;

Weights widened(const Arrays& arrays);
Arrays narrowed(const Weights& weights, const Arrays& like);  // rounded to f32; shapes of `like`
std::vector<Weights> all_members(const MergeContext& context);
Weights difference(const Weights& a, const Weights& b);
Weights mean_of(const std::vector<Weights>& all);
std::vector<Weights> deltas(const MergeContext& context);  // member - seed (task vectors)

// Of a merge seed + lambda * direction: the settings `lambda` and `lambdas`, and the merge. lambda is the fixed scale,
// or when left out the one of `lambdas` with the lowest calibration loss, the first of equals (Ilharco et al. 2023).
std::vector<Field> scale_fields();
Arrays scaled(const Json& options, MergeContext& context, const Weights& direction);

}  // namespace loom::weights
