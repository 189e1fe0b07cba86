// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "harness/engine/architecture.h"

namespace loom {

// One network of several, all of one spec, by a combiner of view weights. own[k]: the items of the router split that
// lie in member k's part of the data, on which its statistics are taken. Each pass over data is charged to "selection".
std::shared_ptr<Network> merged(Assembly& assembly, const Json& options,
                                const std::vector<std::shared_ptr<Network>>& members,
                                std::vector<std::vector<int64_t>> own);

// Mean over `items` of the squared gradient of an item's mean loss per target; a stack of one.
Arrays fisher_diagonal(const Network& network, const Dataset& data, std::span<const int64_t> items);
// X^T X of the rows that entered each affine map; a stack of one.
Arrays input_grams(const Network& network, const Dataset& data, std::span<const int64_t> items);

}  // namespace loom
