// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/result_store.h"

namespace loom {

// A difference that the reference calls significant: best arm over another (max-T), or the headline contrast.
struct SignificantSign {
  std::string suite, column, better, worse;
  double there = 0;            // mean paired difference, positive
  std::optional<double> here;  // none where a side has no score
  bool kept = false;
};

// Those of `reference`, block by block, looked for in `here` on the seeds that have a score there. Kept: the same arm
// is better, significantly or not.
std::vector<SignificantSign> significant_signs(const ResultStore& reference, const ResultStore& here);

// Of a store's plan, by suite, column and arm; null where there is none.
const PlannedRow* find_row(const ResultStore& store, const std::string& suite, const std::string& column,
                           const std::string& arm);

}  // namespace loom
