// SPDX-License-Identifier: Apache-2.0
#include "harness/budget_signs.h"

#include <algorithm>

#include "harness/budgets.h"
#include "harness/text_numbers.h"

namespace loom {
namespace budget_signs_detail {
namespace {

std::string side(const Headline& headline) {
  if (headline.verdict == "fabric better") return "fabric";
  if (headline.verdict == "monolith better") return "monolith";
  return headline.verdict;  // tied | undecided
}

std::string sign_of(const std::vector<BudgetSigns::At>& budgets) {
  const std::string first = side(budgets.front().headline);
  const bool alike = std::ranges::all_of(budgets, [&](const auto& at) { return side(at.headline) == first; });
  if (alike && first != "undecided") return "stable: " + first;
  const BudgetSigns::At* last = nullptr;
  for (const BudgetSigns::At& at : budgets) {
    if (side(at.headline) != "fabric" && side(at.headline) != "monolith") continue;
    if (last != nullptr && side(last->headline) != side(at.headline))
      return "flips between x" + number_text(last->share) + " and x" + number_text(at.share);
    last = &at;
  }
  return "undecided";
}

}  // namespace
}  // namespace budget_signs_detail

bool is_smaller_budget(const ComparedBlock& block) { return read_budget_label(block.suite).share < 1; }

std::vector<BudgetSigns> budget_signs(std::span<const ComparedBlock> blocks) {
  std::vector<BudgetSigns> out;
  for (const ComparedBlock& full : blocks) {
    if (is_smaller_budget(full) || !full.headline) continue;
    BudgetSigns signs{.suite = full.suite, .column = full.column, .metric = full.metric, .budgets = {}, .sign = {}};
    for (const ComparedBlock& block : blocks) {
      const BudgetLabel label = read_budget_label(block.suite);
      const bool same = label.suite == full.suite && block.column == full.column && block.headline.has_value();
      if (same) signs.budgets.push_back({label.share, *block.headline});
    }
    if (signs.budgets.size() < 2) continue;
    std::ranges::sort(signs.budgets, {}, &BudgetSigns::At::share);
    signs.sign = budget_signs_detail::sign_of(signs.budgets);
    out.push_back(std::move(signs));
  }
  return out;
}

}  // namespace loom
