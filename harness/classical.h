// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "harness/byte_ngram.h"
#include "harness/item_rows.h"

namespace loom {

// Classical methods on some items of a side: what baselines and landmarks are made of. `known` is learned from, `asked`
// answered; both may be of the same side.

// Multinomial logistic regression of bags; answers by item of the known side. Its classes are the answers that occur.
std::vector<int32_t> bag_answers(const Items& from, const ItemPlaces& known, const std::vector<int32_t>& answers,
                                 const Items& of, const ItemPlaces& asked, int64_t vocabulary);
// Of each asked vector the nearest known one, as its place on the known side.
ItemPlaces nearest_items(const Items& from, const ItemPlaces& known, const Items& of, const ItemPlaces& asked);
int32_t most_frequent(const std::vector<int32_t>& answers, const ItemPlaces& known);  // of equals the lowest
ByteNgram counted_ngram(const Items& from, const ItemPlaces& known, int order);
double mean_target(const Items& items, const ItemPlaces& places);
// Squared error of what is said over the squared deviation from the asked items' own mean; NaN where that is none.
double squared_error_share(const Items& of, const ItemPlaces& asked, const std::vector<double>& said);

}  // namespace loom
