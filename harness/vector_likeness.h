// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "harness/likeness.h"

namespace loom {

// Correlation of two items over their inputs, near from .98; where domains have inputs of their own (`apart`, with
// places that mean nothing in others), the cosine of the items less their domain's mean item on the train side. Items
// meet by the signs of random projections (Charikar 2002), which disagree with probability angle / pi; a sketch of all
// signs is compared before the vectors are. `inputs`: how many of an item's values count, from the first. A domain in
// which fewer than 32 inputs vary is unfit: in so few directions unrelated items are alike.
std::unique_ptr<Likeness> vector_likeness(const BothSides& items, int64_t inputs, int64_t domains, bool apart);

}  // namespace loom
