// SPDX-License-Identifier: Apache-2.0
#include "harness/budgets.h"

#include <algorithm>
#include <cmath>

#include "harness/text_numbers.h"

namespace loom {

std::vector<SuiteConfig> smaller_budgets(const SuiteConfig& suite, std::span<const double> shares) {
  std::vector<SuiteConfig> out;
  for (const double share : shares) {
    SuiteConfig smaller = suite;
    smaller.label = suite.label + "@" + number_text(share);
    smaller.samples = std::max<int64_t>(1, std::llround(share * static_cast<double>(suite.samples)));
    const bool serving = std::ranges::find(suite.columns, "serving") != suite.columns.end();
    if (!suite.columns.empty()) smaller.columns = {serving ? "serving" : suite.columns.front()};
    out.push_back(std::move(smaller));
  }
  return out;
}

BudgetLabel read_budget_label(std::string_view label) {
  const size_t at = label.rfind('@');
  const auto share = at == std::string_view::npos ? std::nullopt : parse_number(label.substr(at + 1));
  if (!share || !(*share > 0) || !(*share < 1)) return {std::string(label), 1};
  return {std::string(label.substr(0, at)), *share};
}

}  // namespace loom
