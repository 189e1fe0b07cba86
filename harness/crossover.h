// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "harness/statistics.h"

namespace loom {

// Where a function of one setting changes sign, found with few values of it.
struct RootRange {
  double low = 0, high = 1;
  double tolerance = 0.005;  // of the last bracket
  double per_unit = 0;       // values are whole multiples of 1 / per_unit, so that their names are short; 0 = any
};

struct RootSearch {
  std::vector<double> probes;   // values asked for, in order; low and high first
  std::vector<double> missing;  // those of them that are not known yet; the search goes on when they are
  bool crosses = false;         // the signs at low and high differ
  double found = 0;             // when it crosses and nothing is missing: interpolated in the last bracket
};

double on_grid(const RootRange& range, double value);  // the nearest value that may be probed

// Deterministic: called again with more values known, it asks for the same probes and then for the next.
RootSearch find_root(const RootRange& range, const std::function<std::optional<double>(double)>& value);

// What one probe told: the difference of two arms in every replicate, the same replicates at every probe.
struct CrossoverProbe {
  double at = 0;
  std::vector<double> differences;
};

// Percentile bootstrap over replicates of the zero nearest to `found` of the mean difference, linear between probes
// (ascending; the replicates are resampled jointly). Where a resample has no zero it counts as the end it runs out of.
Interval crossover_interval(std::span<const CrossoverProbe> probes, double found, uint64_t seed, int resamples,
                            double confidence);

}  // namespace loom
