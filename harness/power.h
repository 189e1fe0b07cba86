// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace loom {

// How many seeds, and what they can show. The paired t test stands in for the sign flip, whose power is close to it.
// Everywhere 0 < level < power < 1; a spread is the standard deviation of the paired differences, 0 included.

// Smallest mean difference that a two-sided paired t test of this level detects with the given power; infinite for
// fewer than two differences.
double minimum_detectable_effect(std::span<const double> differences, double level = 0.05, double power = 0.8);
// The same in standard deviations of the difference (d_z). At least two seeds.
double minimum_detectable_effect(int64_t seeds, double level = 0.05, double power = 0.8);

// Power of that test where the true mean difference is `effect` standard deviations.
double paired_t_power(int64_t seeds, double effect, double level = 0.05);
// Power of two one-sided tests, each of this level, to call two equal arms equivalent within `margin` > 0 standard
// deviations. At least two seeds.
double equivalence_power(int64_t seeds, double margin, double level = 0.05);

inline constexpr int64_t kMostSeeds = 10'000;

// Fewest seeds whose minimum detectable effect is at most `effect`, of either sign; none above kMostSeeds.
std::optional<int64_t> needed_seeds(double spread, double effect, double level = 0.05, double power = 0.8);
// Fewest seeds that call two equal arms equivalent with the given power; none above kMostSeeds. Power >= 1/2, since
// below that more seeds may have less of it.
std::optional<int64_t> needed_seeds_equivalence(double spread, double margin, double level = 0.05, double power = 0.8);

}  // namespace loom
