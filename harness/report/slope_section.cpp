// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/report/section.h"
#include "harness/table_parts.h"

namespace loom::report {
namespace slope_detail {
namespace {

using Blocks = std::vector<const ComparedBlock*>;

// The columns of one suite, in the table's order.
std::vector<Blocks> by_suite(const Study& study) {
  std::vector<Blocks> out;
  for (const ComparedBlock& block : study.table.blocks) {
    if (is_smaller_budget(block)) continue;
    const auto same = [&](const Blocks& blocks) { return blocks[0]->suite == block.suite; };
    const auto found = std::ranges::find_if(out, same);
    (found == out.end() ? out.emplace_back() : *found).push_back(&block);
  }
  return out;
}

const ComparedRow* scored_row(const ComparedBlock& block, const std::string& arm) {
  for (const ComparedRow& row : block.rows)
    if (row.plan.arm == arm && row.status == "ok") return &row;
  return nullptr;
}

// Arms in the order of the first column that has them.
std::vector<const ComparedRow*> arms_of(const Blocks& blocks) {
  std::vector<const ComparedRow*> out;
  for (const ComparedBlock* block : blocks)
    for (const ComparedRow& row : block->rows) {
      const auto same = [&](const ComparedRow* other) { return other->plan.arm == row.plan.arm; };
      if (row.status == "ok" && std::ranges::none_of(out, same)) out.push_back(&row);
    }
  return out;
}

Markup suite_slopes(Section& section, const Blocks& blocks) {
  Cells cells = {.header = {"arm"}};
  Json points = Json::array(), columns = Json::array();
  for (const ComparedBlock* block : blocks) {
    cells.header.push_back(block->column);
    columns.push_back(block->column);
  }
  for (const ComparedRow* arm : arms_of(blocks)) {
    cells.rows.push_back({html("{}", arm->plan.arm)});
    cells.classes.emplace_back(arm->plan.role == "arm" ? "arm" : "control");
    for (const ComparedBlock* block : blocks) {
      const ComparedRow* row = scored_row(*block, arm->plan.arm);
      cells.rows.back().push_back(row == nullptr ? html("-")
                                                 : html("{}", score_text(*row, table_parts::decimals(*block))));
      if (row == nullptr || row->plan.role != "arm") continue;
      points.push_back({{"arm", row->plan.arm},
                        {"family", family_class(row->plan)},
                        {"column", block->column},
                        {"score", number_or_null(row->score)},
                        {"low", row->interval ? number_or_null(row->interval->low) : Json(nullptr)},
                        {"high", row->interval ? number_or_null(row->interval->high) : Json(nullptr)}});
    }
  }
  const ComparedBlock& first = *blocks[0];
  Markup out = figure(section, "slope",
                      {{"metric", first.metric},
                       {"higher_is_better", first.higher_is_better},
                       {"columns", columns},
                       {"points", points}},
                      "Scores of each arm in the columns of " + first.suite + "; the numbers stand in the table below");
  out += table(first.suite + " · " + first.metric + " by column", cells);
  return out;
}

Markup budget_slopes(Section& section, const Study& study) {
  const auto rows = table_parts::sign_rows(study.table);
  if (rows.empty()) return {};
  Json points = Json::array();
  for (const BudgetSigns& signs : study.table.signs)
    for (const BudgetSigns::At& at : signs.budgets) {
      const auto& interval = at.headline.interval;
      points.push_back({{"place", signs.suite + " · " + signs.column},
                        {"share", at.share},
                        {"difference", number_or_null(at.headline.difference)},
                        {"low", interval ? number_or_null(interval->low) : Json(nullptr)},
                        {"high", interval ? number_or_null(interval->high) : Json(nullptr)},
                        {"verdict", at.headline.verdict}});
    }
  Cells cells = {.header = rows[0]};
  for (size_t i = 1; i < rows.size(); ++i) {
    std::vector<Markup>& out = cells.rows.emplace_back();
    for (const std::string& cell : rows[i]) out.push_back(html("{}", cell));
  }
  Markup out = html("<h3>Over training budgets</h3>\n");
  out += figure(section, "budgets", {{"points", points}},
                "Fabric minus monolith at shares of the training budget; the numbers stand in the table below");
  out += table("fabric minus monolith, each its family's best on validation; + = the fabric is better", cells);
  return out;
}

}  // namespace
}  // namespace slope_detail

Section slopes(const Study& study) {
  using namespace slope_detail;
  Section out = {.id = "slopes", .title = "Columns and budgets", .body = {}, .charts = {}};
  bool open = true;
  for (const Blocks& blocks : by_suite(study)) {
    if (blocks.size() < 2) continue;
    out.body += disclosure(open, html("{}", blocks[0]->suite), suite_slopes(out, blocks));
    open = false;
  }
  if (out.body.empty()) out.body += html("<p>No suite has more than one column.</p>\n");
  out.body += budget_slopes(out, study);
  return out;
}

}  // namespace loom::report
