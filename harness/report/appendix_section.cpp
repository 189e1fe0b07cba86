// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/claims.h"
#include "harness/report/section.h"
#include "harness/table_parts.h"
#include "harness/text_numbers.h"

namespace loom::report {
namespace appendix_detail {
namespace {

std::string seed_of(const PlannedRow& row, size_t index) {
  return row.arm + " · " + row.suite + " · " + row.column + " · seed " + std::to_string(index);
}

Markup rejected(const Study& study) {
  Cells cells = {.header = {"rejected", "suite", "column", "reason"}, .kind = "wordy"};
  for (const PlannedRow& row : study.store.rows)
    if (row.status == "rejected")
      cells.rows.push_back(
          {html("{}", row.arm), html("{}", row.suite), html("{}", row.column), html("{}", row.reason)});
  return cells.rows.empty() ? Markup() : table("rows that no size brings within the budgets", cells);
}

Markup failed(const Study& study) {
  Cells cells = {.header = {"trial", "status", "message"}, .kind = "wordy"};
  for (const PlannedRow& row : study.store.rows)
    for (size_t seed = 0; seed < row.trials.size(); ++seed) {
      const auto found = study.store.trials.find(row.trials[seed]);
      if (found == study.store.trials.end() || found->second.status == "ok") continue;
      cells.rows.push_back(
          {html("{}", seed_of(row, seed)), html("{}", found->second.status), html("{}", found->second.message)});
    }
  return cells.rows.empty() ? Markup() : table("trials without a score, left out of every mean", cells);
}

std::string pending(const Study& study) {
  size_t open = 0;
  for (const PlannedRow& row : study.store.rows)
    for (const std::string& id : row.trials) open += study.store.trials.contains(id) ? 0 : 1;
  return open == 0 ? "" : std::to_string(open) + " planned trials have not run yet.";
}

Markup flagged(const Study& study) {
  std::map<std::string, std::set<std::string>> rows;  // by flag
  const std::set<std::string> ranking = {"best", "not-worse", "tied", "pareto"};
  for (const ComparedBlock& block : study.table.blocks)
    for (const ComparedRow& row : block.rows)
      for (const std::string& flag : row.flags)
        if (!ranking.contains(flag)) rows[flag].insert(row.plan.arm + " (" + place(block) + ")");
  Cells cells = {.header = {"flag", "rows", "which"}, .kind = "wordy"};
  for (const auto& [flag, names] : rows) {
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    cells.rows.push_back({html("{}", flag), html("{}", names.size()), html("{}", list)});
  }
  return cells.rows.empty() ? Markup() : disclosure(false, html("Flags"), table("what to keep in mind", cells));
}

}  // namespace
}  // namespace appendix_detail

Section appendix(const Study& study) {
  Section out = {.id = "statistics", .title = "Statistics", .body = {}, .charts = {}};
  out.body += disclosure(false, html("Protocol, with this experiment's numbers"),
                         html("<pre>{}</pre>\n", protocol(study.store)));
  if (const auto claims = judge_claims(study.store); !claims.empty())
    out.body += disclosure(true, html("Claims"), html("<pre>{}</pre>\n", claims_text(claims)));
  Cells cells = {.header = {"contrast", "fabric", "monolith", "difference", "interval", "p", "seeds", "of interest",
                            "detectable", "verdict"}};
  for (const ComparedBlock& block : study.table.blocks) {
    if (!block.headline) continue;
    const Headline& headline = *block.headline;
    const int digits = table_parts::decimals(block);
    const auto ends = headline.interval ? "[" + table_parts::signed_decimal(headline.interval->low, digits) + ", " +
                                              table_parts::signed_decimal(headline.interval->high, digits) + "]"
                                        : std::string("-");
    cells.rows.push_back(
        {html("{}", place(block)), html("{}", headline.fabric), html("{}", headline.monolith),
         html("{}", table_parts::signed_decimal(headline.difference, digits)), html("{}", ends),
         html("{}", table_parts::probability_text(headline.p)), html("{}", headline.seeds),
         html("{}", table_parts::decimal(block.margin, std::max(digits, 3))),
         html("{}", headline.detectable ? table_parts::decimal(*headline.detectable, std::max(digits, 3)) : "unknown"),
         html("{}", headline.verdict)});
  }
  if (!cells.rows.empty()) out.body += table("every contrast of this page", cells);
  return out;
}

Section failures(const Study& study) {
  using namespace appendix_detail;
  Section out = {.id = "failures", .title = "Failures and exclusions", .body = {}, .charts = {}};
  out.body += rejected(study);
  out.body += failed(study);
  if (const std::string open = pending(study); !open.empty()) out.body += html("<p>{}</p>\n", open);
  if (out.body.empty()) out.body += html("<p>Nothing failed, and nothing was left out.</p>\n");
  out.body += flagged(study);
  return out;
}

}  // namespace loom::report
