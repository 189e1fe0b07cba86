// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>

#include "harness/statistics.h"

namespace loom {

enum class Verdict { supported, refuted, reversed, tied, undecided, conditional };
std::string verdict_word(Verdict verdict);  // SUPPORTED, ...

inline constexpr double kVerdictLevel = 0.05;  // of every test
inline constexpr int kFamilyPairs = 10;        // with fewer, a Holm family decides nothing

// What one cell of a claim shows; positive is the claim's direction. Both intervals are simultaneous over the claim's
// cells (Bonferroni): of k cells the first has confidence 1 - (1 - c) / k, the second 1 - 2 * .05 / k.
struct CellEvidence {
  int pairs = 0, pairs_needed = 2;  // scored | promised: with fewer nothing is decided
  double theta = 0;
  std::optional<Interval> interval;     // c = .95 unless the experiment says otherwise
  std::optional<Interval> equivalence;  // of two one-sided tests: the 90 % interval of a claim with one cell
  double p_adjusted = 1;                // Holm within the family, else Benjamini and Hochberg
  double margin = 0;                    // smallest effect of interest
};

struct CellVerdict {
  Verdict verdict = Verdict::undecided;
  bool strong = false;  // supported, and surely by the margin
};

// In this order: high < -margin is REVERSED; an equivalence interval inside +-margin is TIED; high < margin is REFUTED;
// p <= .05, low > 0 and theta >= margin is SUPPORTED, strong where low >= margin; anything else is UNDECIDED.
CellVerdict cell_verdict(const CellEvidence& evidence);

struct ClaimVerdict {
  Verdict verdict = Verdict::undecided;
  bool robust = false;  // supported in two thirds of several cells or more, reversed in none
};

// Over a claim's cells. Supported ones beside reversed ones: CONDITIONAL. Else the word of more than half of them,
// where REVERSED and TIED cells also count as REFUTED; UNDECIDED without such a word.
ClaimVerdict claim_verdict(std::span<const Verdict> cells);

// Pairs with which a two-sided paired t test of this level finds `effect` with power .8, the spread being that of the
// differences; at least as many as a sign flip needs to reach the level. None: fewer than two differences, no effect,
// or beyond a million.
std::optional<int> needed_pairs(std::span<const double> differences, double effect, double level);
// The same for two one-sided tests of a true difference of 0 against +-margin.
std::optional<int> needed_pairs_tie(std::span<const double> differences, double margin, double level);

}  // namespace loom
