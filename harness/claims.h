// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/claim.h"
#include "harness/result_store.h"
#include "harness/verdict.h"

namespace loom {

// One suite (of a searched one: one probe) in one column. theta is `better` minus `than` in the metric's unit, signed
// so that positive means that `better` is the better one.
struct ClaimCell {
  std::string suite = {}, column = {};
  std::string better = {}, than = {};  // labels of the arms; empty: no arm of the family has a score
  int pairs = 0;                       // seeds scored on both sides
  double theta = kUnknown, p = 1, p_adjusted = 1, margin = 0;
  std::optional<Interval> interval = {};  // simultaneous over the claim's cells
  CellVerdict verdict = {};
  std::optional<int> needed = {},
                     needed_tie = {};  // where undecided: pairs to find max(|theta|, margin), to show a tie
  bool more_groups = false;            // no number of pairs finds it: the test groups alone make the interval too wide
};

// Where a searched suite changes sides between the two arms of a claim.
struct ClaimBoundary {
  std::string suite, over;  // the parameter
  double found = kUnknown, low = kUnknown, high = kUnknown;
  std::optional<double> truth;
  int64_t probes = 0;
};

struct JudgedClaim {
  Claim claim;
  std::string hash;
  bool registered = false;         // before the first record, and nothing deviates; otherwise exploratory
  std::string deviation = {};      // why it is exploratory though stated in time
  std::optional<int64_t> records;  // trials recorded when it was registered; none: no run has seen it yet
  bool withdrawn = false;          // registered, and no longer in the config: still counts in its family
  ClaimVerdict verdict;
  std::vector<ClaimCell> cells;  // in the plan's order
  std::vector<ClaimBoundary> boundaries;
  bool holm() const { return registered && !claim.family.empty(); }  // else its cells are corrected with all such by BH
};

// The claims of the experiment in their order, then those that were registered and taken out again. InputError where a
// registration or a search is not what loom wrote.
std::vector<JudgedClaim> judge_claims(const ResultStore& store);

// Of a claim with a source: "REPRODUCED" where it is supported, or tied as published, "NOT REPRODUCED" where another
// word is certain, "IN PART", "UNDECIDED"; empty without one.
std::string reproduction_word(const JudgedClaim& judged);
// Whether the published difference lies in the interval of every cell; nothing without one or without intervals.
std::optional<bool> figure_holds(const JudgedClaim& judged);

std::string claims_text(std::span<const JudgedClaim> claims);   // at most 100 columns
std::string claims_lines(std::span<const JudgedClaim> claims);  // one each, for the end of a run
Json claims_json(std::span<const JudgedClaim> claims);          // docs/format.md

}  // namespace loom
