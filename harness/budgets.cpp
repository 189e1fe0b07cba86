// SPDX-License-Identifier: Apache-2.0
#include "harness/budgets.h"

#include <algorithm>
#include <charconv>
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
  double share = 0;
  if (at == std::string_view::npos) return {std::string(label), 1};
  const auto [end, error] = std::from_chars(label.data() + at + 1, label.data() + label.size(), share);
  const bool whole = error == std::errc() && end == label.data() + label.size();
  if (!whole || !(share > 0) || !(share < 1)) return {std::string(label), 1};
  return {std::string(label.substr(0, at)), share};
}

}  // namespace loom
