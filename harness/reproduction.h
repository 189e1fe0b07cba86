// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/result_store.h"
#include "harness/significant_signs.h"

namespace loom {

// How far a row comes back when its experiment is run again; the highest level that holds, `none` lowest.
//   r0  the trial ids of the seeds recorded on both sides are equal, and so is every record's digest
//   r1  parameters and inference FLOPs are equal, training FLOPs within the budget's 2 %, the same seeds have a score,
//       and the mean scores differ by at most 2 standard errors
//   r2  the reference has significant signs in this suite and column, and all of them are kept
// r1 and r2 need the same data.
enum class Reproduced { none, r2, r1, r0 };
std::string_view reproduced_name(Reproduced level);  // R0, R1, R2, none

struct ReproducedRow {
  std::string suite, column, arm;
  Reproduced level = Reproduced::none;
  bool missing = false;                             // nothing is recorded here
  int seeds = 0, seeds_there = 0;                   // recorded on both sides | in the reference
  double score = kUnknown, score_there = kUnknown;  // means over the seeds scored on both sides
  std::optional<double> standard_errors;            // (score - score_there) in these; none without a spread
  std::vector<std::string> notes;                   // why it is no higher level
};

struct UncomparedRow {
  std::string suite, column, arm, reason;
};

struct Reproduction {
  std::vector<ReproducedRow> rows;  // recorded in the reference, in its plan's order
  std::vector<SignificantSign> signs;
  std::vector<UncomparedRow> uncompared;       // without a record in the reference, and rows that it does not plan
  Reproduced level = Reproduced::none;         // the lowest of the rows
  const ReproducedRow* first_failure() const;  // the first row at no level; null where all hold
};

// `here` as a repetition of `reference`; rows are matched by suite, column and arm. InputError where the reference has
// no record.
Reproduction reproduce(const ResultStore& here, const ResultStore& reference);

}  // namespace loom
