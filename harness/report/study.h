// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/arm_comparison.h"
#include "harness/report/trial_detail.h"
#include "harness/result_store.h"
#include "harness/table.h"

namespace loom::report {

// All that a report says, computed once.
struct Study {
  const ResultStore& store;
  std::string name;  // as the commands take it
  Table table;
  // Every scored arm against the arm that fixes its suite's budget (else the best monolith), by suite, column and arm.
  std::map<std::string, ArmCell> against_reference;
  std::map<std::string, TrialDetail> details;  // by trial
};
Study study(const ResultStore& store, const std::string& name);

std::string reference_arm(const Study& study, const ComparedBlock& block);  // empty: no monolith is scored
const ArmCell* against_reference(const Study& study, const ComparedBlock& block, const std::string& arm);

}  // namespace loom::report
