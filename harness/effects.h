// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/statistics.h"

namespace loom {

// P(A > B) + P(A = B) / 2 for one seed of each: the share of all pairs, ties as half (Mann and Whitney 1947). Values
// are larger-is-better and not NaN.
double probability_of_improvement(std::span<const double> a, std::span<const double> b);
// Its interval (Newcombe 2006, method 5): in closed form, inside [0, 1], and not a point where all of A beats all of B.
// It takes the arms as independent, so pairing by seed, which correlates them, makes it too wide.
Interval improvement_interval(std::span<const double> a, std::span<const double> b, double confidence = 0.95);

// Share of runs x domains strictly above each threshold, the mean over seeds (Agarwal et al. 2021, section 4.2).
// scores[seed][domain]; a domain without items is NaN and takes no part, but each seed has at least one score. Negate
// scores and thresholds where lower is better.
std::vector<double> performance_profile(std::span<const std::vector<double>> scores,
                                        std::span<const double> thresholds);

// Two-sided exact p that two classifiers err equally often, from the items that only one of them gets right (McNemar
// 1947, as a sign test). It speaks of one pair of trained models: one p per seed, never pooled over seeds.
double mcnemar_exact(int64_t only_a, int64_t only_b);

}  // namespace loom
