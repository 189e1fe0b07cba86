// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "harness/json.h"
#include "harness/outcomes.h"

namespace loom {

// What the members of one trial say about one split, each alone, as a record keeps it (members' outcomes are not shared
// with results). K members, D domains; `macro` is the mean over domains with items, null stands for no item or a number
// that is not finite.
//   member_domain  [K][D]              metric of each member in each domain
//   sample_oracle  {"domain", "macro"} metric when the best member answers each item (a window, on tokens): a bound
//   solved_by_one  {"domain", "macro"} share of items that exactly one member solves. accuracy: all its predictions are
//                                      right. bits_per_byte: its loss on the item is under every other member's by more
//                                      than ln 2 nats, so that under equal priors it alone is likelier than not. score:
//                                      it alone scores 1; null where a score is outside 0 to 1. exact_match: it
//                                      alone is right. accuracy_or_r2: null
//   member_f1      [K][D]              accuracy on labels only: macro F1 of each member in each domain
// All members must speak of the same items. held_out: so many last domains nobody was trained on; beside items of
// trained domains theirs do not count, as in score().
Json member_scores(std::span<const Outcomes> members, std::string_view metric, int64_t domains, int64_t held_out = 0);

// What a fabric with these member scores gives away by its choice, in the metric's unit, positive where a better choice
// of one member was to be had (a mixture may be below 0): {"item"} against the best member of each item, {"domain"}
// against the best member of each domain. `macro`: the fabric's own score, null where it is not finite.
Json regret(const Json& member_scores, const Json& macro, bool higher_is_better);

}  // namespace loom
