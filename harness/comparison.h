// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/result_store.h"

namespace loom {

// One row of a table: an arm in one suite and column, over its seeds. Scores are means over the seeds that have one.
struct ComparedRow {
  PlannedRow plan;
  std::string status;  // ok | rejected | failed | diverged | timeout | memory; empty: nothing ran yet
  int seeds = 0, seeds_failed = 0, seeds_open = 0;  // scored | recorded without a score | not run yet
  double score = kUnknown, validation = kUnknown;
  std::optional<Interval> interval;  // crossed over seeds and test groups; none where it would be infinite
  std::optional<double> worst_domain, nll, ece, rejection_auroc;
  std::vector<double> domain;  // mean over seeds; NaN where the test has no item
  std::optional<double> train_cpu_s, peak_memory_bytes, latency_p50_s, latency_p99_s;
  // Among rows of role arm and information level none:
  std::optional<double> p_adjusted;  // of being as good as the best; none for the best itself
  bool best = false, not_worse = false, tied = false, pareto = false;
  std::vector<std::string> flags;
};

// Fabric minus monolith, each the best on validation of its family; positive = the fabric is better.
struct Headline {
  std::string fabric, monolith, verdict;  // fabric better | monolith better | tied | undecided
  int seeds = 0;                          // scored on both sides
  double difference = 0, p = 1;
  std::optional<Interval> interval;
  std::optional<double> detectable;  // smallest mean difference found with power .8, as far as seeds go
  double floor = 0;                  // half-width of the interval that endless seeds would leave
  std::string null_arm;              // the best control of the column by test score; empty: there is none
  double null_difference = 0;        // fabric minus it
  std::optional<Interval> null_interval;
  bool beats_null = false;  // interval above zero and sign-flip p <= .05
};

// One suite in one column.
struct ComparedBlock {
  std::string suite, column, metric;
  bool higher_is_better = true;
  std::vector<std::string> domains;
  int seeds = 0;  // planned
  double confidence = 0.95;
  double margin = 0;                 // smallest effect of interest, in units of the metric
  std::vector<std::string> badges;   // flags that hold for every row
  std::vector<ComparedRow> rows;     // arms, references, nulls, each best first; rows without a score last
  std::optional<Headline> headline;  // none without a scored arm on either side
};

// In the plan's order of suites and columns. Without tests: neither marks, headlines nor intervals of rows.
enum class RowTests { on, off };
std::vector<ComparedBlock> compare(const ResultStore& store, RowTests tests = RowTests::on);

}  // namespace loom
