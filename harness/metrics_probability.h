// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "harness/outcomes.h"

namespace loom {

// Expected calibration error over 15 equal-mass bins (Nixon et al. 2019); correct [items * steps] in 0 .. 1. NaN where
// the model's own is.
double calibration_error(const Outcomes& outcomes, std::span<const double> correct);

// Sum over classes of (p - [class is target])^2 (Brier 1950), averaged over items: 0 to 2. Needs all log-probabilities.
double brier_score(const Outcomes& outcomes);

}  // namespace loom
