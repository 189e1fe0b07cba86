// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/comparison.h"

namespace loom {

// Does the answer hold at other training budgets? Fabric minus monolith, each chosen on validation at its budget.
struct BudgetSigns {
  struct At {
    double share = 1;  // of the largest budget
    Headline headline;
  };
  std::string suite = {}, column = {}, metric = {};
  std::vector<At> budgets = {};      // that have a verdict, ascending, one at least
  std::vector<double> missing = {};  // planned shares without one, ascending
  // "stable: fabric" | "stable: monolith" | "stable: tied" where every planned budget has that verdict; "flips between
  // a and b" for the first two decided budgets in order whose verdicts name different sides; else "undecided", with
  // " (x0.25 missing)" where budgets are.
  std::string sign = {};
};

// Suites that were planned at several budgets (harness/budgets.h), in the table's order.
std::vector<BudgetSigns> budget_signs(std::span<const ComparedBlock> blocks);

bool is_smaller_budget(const ComparedBlock& block);

}  // namespace loom
