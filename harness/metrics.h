// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/outcomes.h"

namespace loom {

// Scores of one model on one split. Optional fields are absent where the outcomes do not hold what they need.
struct Scores {
  std::vector<double> domain;            // metric per domain; NaN where no item of it counts, left out below
  double macro = 0, worst = 0, iqm = 0;  // over domains
  double nll = 0;                        // nats per prediction, macro over domains
  std::optional<double> ece, brier;      // 15 equal-mass bins; multi-class Brier
  // How well confidence tells items of trained domains from held-out ones, 0 to 1 (harness/metrics_rejection.h); only
  // where the split holds both. All else is then over the trained domains alone: what is right of a domain whose
  // labels may mean other things is no accuracy.
  std::optional<double> rejection_auroc = {};
  std::vector<double> f1;  // accuracy: per domain, mean F1 over the classes that occur; else empty
  // Sum of the per-item metric and number of predictions per (domain, group), the units the intervals resample; for
  // bits_per_byte of tokens that are ids, bits and bytes.
  struct Cell {
    int32_t domain = 0, group = 0;
    double sum = 0;
    double count = 0;
  };
  std::vector<Cell> cells;  // sorted by (domain, group)
};

// A score between 0 (or below, for R2) and 1, of which a hundredth matters.
bool is_fraction(std::string_view metric);

// One score per item, where a metric has one: accuracy (one step), exact_match, accuracy_or_r2. NaN where the outcomes
// are not finite.
std::vector<double> item_scores(const Outcomes& outcomes, std::string_view metric, int64_t domains);

// metric: accuracy | bits_per_byte | exact_match, 1 where every scored byte is ranked first (teacher forcing, which is
// greedy decoding being right) | accuracy_or_r2, accuracy of items without a value, and 1 - (y - mean)^2 / variance of
// those with one, so that a domain's mean is R2; the mean is over the bins' centres (harness/grid.h), the variance that
// of the domain's values here | score, the mean of score-only outcomes, which have no nll (NaN). Bytes without a target
// (-1) count nowhere. Empty outcomes are a broken invariant. Non-finite log-probs give non-finite scores: NaN and +inf
// make every score they touch NaN; -inf, the log of 0, makes nll and bits_per_byte infinite. ece and brier pool all
// predictions. held_out: so many last domains nobody was trained on; it matters only beside items of trained ones.
Scores score(const Outcomes& outcomes, std::string_view metric, int64_t domains, int64_t held_out = 0);

}  // namespace loom
