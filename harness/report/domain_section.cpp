// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "harness/report/section.h"
#include "harness/table_parts.h"
#include "harness/text_numbers.h"

namespace loom::report {
namespace domain_detail {
namespace {

constexpr int kShades = 5;

bool significant(const std::optional<Interval>& interval) {
  return interval && (interval->low > 0 || interval->high < 0);
}

// The difference that is shown in full colour. Controls far behind must not make all others look alike.
double full_colour(const Study& study, const ComparedBlock& block) {
  std::vector<double> sizes;
  for (const ComparedRow& row : block.rows) {
    const Difference* found = row.plan.role == "arm" ? against_reference(study, block, row) : nullptr;
    for (size_t d = 0; found != nullptr && d < found->domain.size(); ++d)
      if (std::isfinite(found->domain[d])) sizes.push_back(std::abs(found->domain[d]));
  }
  return sizes.empty() ? 1 : std::max({quantile(sizes, 0.75), 3 * block.margin, 1e-12});
}

// up3: better than the reference, in the third of five shades.
std::string shade(double difference, double full) {
  const int step = static_cast<int>(std::ceil(std::min(std::abs(difference) / full, 1.0) * kShades));
  return step == 0 ? "even" : (difference > 0 ? "up" : "down") + std::to_string(step);
}

Markup heat_cell(double difference, const std::optional<Interval>& interval, double full, int digits) {
  if (!std::isfinite(difference)) return html("<td>-</td>");
  const std::string ends = interval ? "[" + table_parts::signed_decimal(interval->low, digits) + ", " +
                                          table_parts::signed_decimal(interval->high, digits) + "]"
                                    : "no interval";
  return html("<td class=\"heat {}{}\"><b>{}</b><small>{}</small></td>", shade(difference, full),
              significant(interval) ? "" : " hatched", table_parts::signed_decimal(difference, digits), ends);
}

Markup heat_map(const Study& study, const ComparedBlock& block) {
  const std::string reference = reference_arm(study, block);
  if (reference.empty()) return {};
  const double full = full_colour(study, block);
  const int digits = table_parts::decimals(block);
  Markup body;
  int cells = 0;
  for (const ComparedRow& row : block.rows) {
    const Difference* found = against_reference(study, block, row);
    if (found == nullptr || found->domain.empty()) continue;
    body += html("<tr class=\"{}\"><th scope=\"row\"><span class=\"dot {}\"></span>{}</th>",
                 row.plan.role == "arm" ? "arm" : "control", family_class(row.plan), row.plan.arm);
    for (size_t d = 0; d < found->domain.size(); ++d, ++cells)
      body += heat_cell(found->domain[d], found->domain_interval[d], full, digits);
    body += html("</tr>\n");
  }
  if (cells == 0) return {};
  Markup header;
  for (const std::string& domain : block.domains) header += html("<th scope=\"col\">{}</th>", domain);
  return html(
      "<div class=\"scroll\"><table class=\"heatmap\"><caption>{}: difference to '{}', + = better ({}). Hatched: the "
      "{} % interval holds zero. Each cell is judged on its own, so of {} cells about {} would go unhatched by chance "
      "alone.</caption><thead><tr><th scope=\"col\">arm</th>{}</tr></thead><tbody>\n{}</tbody></table></div>\n",
      place(block), reference, block.metric, number_text(std::round(block.confidence * 1000) / 10), cells,
      number_text(std::round(cells * (1 - block.confidence))), header, body);
}

Markup score_table(const ComparedBlock& block) {
  const table_parts::Grid grid = table_parts::grid(block, true);
  if (grid.lines.empty()) return {};
  Cells cells;
  cells.header = grid.header;
  cells.header[0] = "arm";
  for (const auto& line : grid.lines) {
    std::vector<Markup>& out = cells.rows.emplace_back();
    for (size_t i = 0; i < line.cells.size(); ++i)
      out.push_back(html("{}", i == 0 ? line.cells[i].substr(2) : line.cells[i]));
    cells.classes.emplace_back(line.group == "arms" ? "arm" : "control");
  }
  return table("scores by domain", cells);
}

}  // namespace
}  // namespace domain_detail

Section domains(const Study& study) {
  using namespace domain_detail;
  Section out = {.id = "domains", .title = "Domains", .body = {}, .charts = {}};
  out.body += per_block(study, [&](const ComparedBlock& block) {
    Markup inside = heat_map(study, block);
    inside += score_table(block);
    return inside;
  });
  return out;
}

}  // namespace loom::report
