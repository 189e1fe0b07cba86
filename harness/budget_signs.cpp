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

std::string undecided(const std::vector<double>& missing) {
  std::string shares;
  for (const double share : missing) shares += (shares.empty() ? "x" : ", x") + number_text(share);
  return "undecided" + (shares.empty() ? "" : " (" + shares + " missing)");
}

std::string sign_of(const BudgetSigns& signs) {
  const auto& budgets = signs.budgets;
  const std::string first = side(budgets.front().headline);
  const bool alike = std::ranges::all_of(budgets, [&](const auto& at) { return side(at.headline) == first; });
  if (alike && first != "undecided" && signs.missing.empty()) return "stable: " + first;
  const BudgetSigns::At* last = nullptr;
  for (const BudgetSigns::At& at : budgets) {
    if (side(at.headline) != "fabric" && side(at.headline) != "monolith") continue;
    if (last != nullptr && side(last->headline) != side(at.headline))
      return "flips between x" + number_text(last->share) + " and x" + number_text(at.share);
    last = &at;
  }
  return undecided(signs.missing);
}

}  // namespace
}  // namespace budget_signs_detail

bool is_smaller_budget(const ComparedBlock& block) { return read_budget_label(block.suite).share < 1; }

std::vector<BudgetSigns> budget_signs(std::span<const ComparedBlock> blocks) {
  std::vector<BudgetSigns> out;
  for (const ComparedBlock& full : blocks) {
    if (is_smaller_budget(full)) continue;
    BudgetSigns signs{.suite = full.suite, .column = full.column, .metric = full.metric};
    for (const ComparedBlock& block : blocks) {
      const BudgetLabel label = read_budget_label(block.suite);
      if (label.suite != full.suite || block.column != full.column) continue;
      if (block.headline)
        signs.budgets.push_back({label.share, *block.headline});
      else
        signs.missing.push_back(label.share);
    }
    if (signs.budgets.empty() || signs.budgets.size() + signs.missing.size() < 2) continue;
    std::ranges::sort(signs.budgets, {}, &BudgetSigns::At::share);
    std::ranges::sort(signs.missing);
    signs.sign = budget_signs_detail::sign_of(signs);
    out.push_back(std::move(signs));
  }
  return out;
}

}  // namespace loom
