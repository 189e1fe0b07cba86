// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/experiment.h"

namespace loom {

// `budgets: [0.0625, 0.25]` of a suite: the same comparison at these shares of its samples, in one column (serving
// where it is asked for, else the first), as entries labelled "<suite>@<share>". Shares ascend.
std::vector<SuiteConfig> smaller_budgets(const SuiteConfig& suite, std::span<const double> shares);

struct BudgetLabel {
  std::string suite;  // label at the full budget
  double share = 1;   // of its samples
};
BudgetLabel read_budget_label(std::string_view label);  // share 1 where the label names none

}  // namespace loom
