// SPDX-License-Identifier: Apache-2.0
#include "harness/report/section.h"
#include "harness/table_parts.h"

namespace loom::report {
namespace null_detail {
namespace {

std::string interval_text(const std::optional<Interval>& interval, int digits) {
  if (!interval) return "-";
  return "[" + table_parts::signed_decimal(interval->low, digits) + ", " +
         table_parts::signed_decimal(interval->high, digits) + "]";
}

std::string said_of_best(const ComparedBlock& block, int digits) {
  if (!block.headline || block.headline->null_arm.empty()) return "";
  const Headline& headline = *block.headline;
  return "Fabric '" + headline.fabric + "' minus its best null '" + headline.null_arm +
         "': " + table_parts::signed_decimal(headline.null_difference, digits) + " " +
         interval_text(headline.null_interval, digits) + ", so the fabric " +
         (headline.beats_null ? "beats it." : "is not shown to beat it.");
}

Markup block_nulls(const Study& study, const ComparedBlock& block) {
  const int digits = table_parts::decimals(block);
  Cells cells = {.header = {"null or reference", "role", "told", "score", "minus '" + reference_arm(study, block) + "'",
                            "interval"}};
  for (const ComparedRow& row : block.rows) {
    if (row.status != "ok" || row.plan.role == "arm") continue;
    const Difference* found = against_reference(study, block, row);
    cells.rows.push_back({html("{}", row.plan.arm), html("{}", row.plan.role), html("{}", row.plan.information_level),
                          html("{}", score_text(row, digits)),
                          html("{}", found == nullptr ? "-" : table_parts::signed_decimal(found->mean, digits)),
                          html("{}", found == nullptr ? "-" : interval_text(found->interval, digits))});
  }
  if (cells.rows.empty()) return {};
  Markup out = table("controls, + = better than the arm that fixes the budget", cells);
  if (const std::string said = said_of_best(block, digits); !said.empty()) out += html("<p>{}</p>\n", said);
  return out;
}

}  // namespace
}  // namespace null_detail

Section nulls(const Study& study) {
  Section out = {.id = "nulls", .title = "Nulls and references", .body = {}, .charts = {}};
  out.body += per_block(study, [&](const ComparedBlock& block) { return null_detail::block_nulls(study, block); });
  out.body +=
      out.body.empty()
          ? html("<p>No null or reference is scored.</p>\n")
          : notes({"A fabric that does not beat its nulls has not shown specialisation: best_constant always asks "
                   "one member, random_router any, random_split deals the data without regard to domains, "
                   "self_ensemble averages monoliths, tagged_by_router is the monolith told the router's guess.",
                   "told: what a row may know at test time; references know the domain or the answer."});
  return out;
}

}  // namespace loom::report
