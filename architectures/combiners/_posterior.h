// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "harness/combiner.h"

namespace loom::combiners {

// Of each window: uniform; the mean posterior of 100 calibration windows; or a moving average of the posteriors of the
// windows before it in the same call (Gururangan et al. 2021, section 5).
enum class Prior { uniform, cached, updating };

// The Bayesian mixture of members; `top` > 0: only of so many of the most probable ones.
std::unique_ptr<Combiner> posterior(Prior prior, int64_t top);

}  // namespace loom::combiners
