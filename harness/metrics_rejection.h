// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "harness/outcomes.h"

// A test may hold trained domains, 0..trained-1, and beside them held-out ones, on which nobody was trained
// (Suite::Description::held_out). Of the latter it is not asked what they are, but whether the model knows that it does
// not know them.
namespace loom {

bool mixes_held_out(const Outcomes& outcomes, int64_t trained);  // whether there are items of both kinds

// The items of trained domains, in order.
Outcomes trained_items(const Outcomes& outcomes, int64_t trained);

// Area under the ROC curve by which the model's confidence tells items of trained domains from the others: the share of
// pairs of one of each in which the trained one's is higher, equal ones counting one half (Mann-Whitney). Confidence is
// the highest log-probability (Hendrycks and Gimpel 2017), of tokens its mean over an item's scored steps. All items
// count alike. Absent without max_log_prob or without items of both kinds; NaN where a confidence is no number.
std::optional<double> rejection_auroc(const Outcomes& outcomes, int64_t trained);

}  // namespace loom
