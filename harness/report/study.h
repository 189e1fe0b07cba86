// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/report/trial_detail.h"
#include "harness/result_store.h"
#include "harness/table.h"

namespace loom::report {

// A row minus another, over the seeds that both have; positive is better. Intervals cross seeds and test groups.
struct Difference {
  int pairs = 0;
  double mean = 0;
  std::optional<Interval> interval;
  std::vector<double> domain;  // NaN where the test has no item
  std::vector<std::optional<Interval>> domain_interval;
};

// All that a report says, computed once.
struct Study {
  const ResultStore& store;
  std::string name;  // as the commands take it
  Table table;
  // Every scored row against the arm that fixes its suite's budget (else the best monolith): by block and row.
  std::vector<std::vector<Difference>> differences;
  std::map<std::string, TrialDetail> details;  // by trial
};
Study study(const ResultStore& store, const std::string& name);

std::string reference_arm(const Study& study, const ComparedBlock& block);  // empty: no monolith is scored
// Nothing for the reference itself and where no seed is scored on both sides.
const Difference* against_reference(const Study& study, const ComparedBlock& block, const ComparedRow& row);

}  // namespace loom::report
