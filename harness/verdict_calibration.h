// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "harness/calibration.h"

namespace loom {

// One claim's verdicts on a planted world: linear domains of known similarity (p = 16, n = 64, D = 8, sigma = 1), where
// eight least-squares specialists beat the pooled monolith below a similarity of .6592 and lose above it. A repeat is
// ten paired differences of the exact excess risks, judged as a claim with one cell; the smallest effect of interest is
// what .02 of similarity changes. Shares of `repeats` at .1 below the crossover, at it and .1 above it:
struct VerdictShares {
  double similarity = 0, effect = 0;  // effect: mean of the differences (monolith's risk minus specialists')
  double supported = 0, reversed = 0, refuted = 0, tied = 0, undecided = 0;
};
std::vector<VerdictShares> verdict_shares(int repeats, uint64_t seed);

double linear_crossover();  // in closed form

// The shares against their bounds: the right side's word in .8 of the repeats and never the wrong side's; at the
// crossover SUPPORTED and REVERSED together in .05 at most. Meant for 200 repeats; equal arguments give equal values.
std::vector<CalibrationCheck> calibrate_verdicts(int repeats, uint64_t seed);

}  // namespace loom
