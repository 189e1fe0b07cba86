// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "harness/report/section.h"
#include "harness/table_parts.h"

namespace loom::report {
namespace leaderboard_detail {
namespace {

constexpr double kWidth = 110, kInset = 5;

// The scale of a block's intervals: from its own arms; controls far below are cut off at the edge.
struct Scale {
  double low = 0, high = 1;
  double at(double value) const {
    return kInset + (kWidth - 2 * kInset) * std::clamp((value - low) / (high - low), 0.0, 1.0);
  }
  bool holds(double value) const { return value >= low && value <= high; }
};

double low_end(const ComparedRow& row) { return row.interval ? row.interval->low : row.score; }
double high_end(const ComparedRow& row) { return row.interval ? row.interval->high : row.score; }

// From the better half of the rows: a row far behind would press all others together.
Scale scale_of(const ComparedBlock& block) {
  std::vector<double> scores;
  for (const ComparedRow& row : block.rows)
    if (row.status == "ok") scores.push_back(row.score);
  if (scores.empty()) return {};
  const double median = quantile(scores, 0.5);
  Scale out = {.low = HUGE_VAL, .high = -HUGE_VAL};
  for (const ComparedRow& row : block.rows) {
    if (row.status != "ok" || (block.higher_is_better ? row.score < median : row.score > median)) continue;
    out.low = std::min(out.low, low_end(row));
    out.high = std::max(out.high, high_end(row));
  }
  const double room = std::max((out.high - out.low) * 0.25, 1e-9);
  (block.higher_is_better ? out.low : out.high) += block.higher_is_better ? -room : room;
  return out;
}

std::string pixels(double value) { return table_parts::decimal(std::round(value * 10) / 10, 1); }

Markup range(const ComparedRow& row, const Scale& scale, std::optional<double> reference) {
  Markup inside;
  if (reference)
    inside += html("<line class=\"mark\" x1=\"{}\" x2=\"{}\" y1=\"0\" y2=\"16\"/>", pixels(scale.at(*reference)),
                   pixels(scale.at(*reference)));
  if (row.interval)
    inside += html("<line x1=\"{}\" x2=\"{}\" y1=\"8\" y2=\"8\"/>", pixels(scale.at(row.interval->low)),
                   pixels(scale.at(row.interval->high)));
  const std::string x = pixels(scale.at(row.score));
  if (scale.holds(row.score))
    inside += html("<circle cx=\"{}\" cy=\"8\" r=\"3.5\"/>", x);
  else
    inside += html("<text x=\"{}\" y=\"12\" text-anchor=\"{}\">{}</text>", x, row.score < scale.low ? "start" : "end",
                   row.score < scale.low ? "◂" : "▸");
  return html(
      "<svg class=\"range {}\" viewBox=\"0 0 110 16\" width=\"110\" height=\"16\" aria-hidden=\"true\">{}</svg>",
      family_class(row.plan), inside);
}

Markup name_cell(const ComparedRow& row) {
  const char* mark = row.not_worse ? "★ " : "";
  return row.plan.role == "arm" ? html("<span class=\"dot {}\"></span>{}{}", family_class(row.plan), mark, row.plan.arm)
                                : html("<span class=\"dot {}\"></span><em>{}:</em> {}", family_class(row.plan),
                                       row.plan.role, row.plan.arm);
}

Markup block_table(const Study& study, const ComparedBlock& block) {
  const table_parts::Grid grid = table_parts::grid(block, false);
  Cells cells = {.header = {"arm", "score", "interval"}, .kind = "leaderboard"};
  cells.header.insert(cells.header.end(), grid.header.begin() + 2, grid.header.end());
  const Scale scale = scale_of(block);
  const std::string fixed = reference_arm(study, block);
  std::optional<double> reference;
  for (const ComparedRow& row : block.rows)
    if (row.plan.arm == fixed) reference = row.score;
  size_t line = 0;
  for (const ComparedRow& row : block.rows) {
    if (row.status != "ok") continue;
    const auto& shown = grid.lines[line++];
    std::vector<Markup> out = {name_cell(row),
                               shown.strong ? html("<b>{}</b>", shown.cells[1]) : html("{}", shown.cells[1]),
                               range(row, scale, reference)};
    for (size_t i = 2; i < shown.cells.size(); ++i) out.push_back(html("{}", shown.cells[i]));
    cells.rows.push_back(std::move(out));
    cells.classes.push_back(row.plan.role == "arm" ? "arm" : "control");
  }
  Markup out = cells.rows.empty() ? Markup() : table(table_parts::title(block), cells);
  out += notes(grid.left_out);
  out += html("<p class=\"headline\">{}</p>\n", table_parts::headline_text(block));
  return out;
}

std::vector<std::string> legend(const Table& table) {
  std::vector<std::string> lines = table_parts::legend(table, false);
  for (std::string& line : lines)
    if (line.starts_with("* ")) line = "★ and bold: " + line.substr(2);
  lines.emplace_back(
      "interval: the score and its interval; the dashed line is the arm that fixes the budget; ◂ ▸ lie outside.");
  return lines;
}

}  // namespace
}  // namespace leaderboard_detail

Section leaderboard(const Study& study) {
  Section out = {.id = "leaderboard", .title = "Leaderboard", .body = {}, .charts = {}};
  out.body +=
      per_block(study, [&](const ComparedBlock& block) { return leaderboard_detail::block_table(study, block); });
  out.body += notes(leaderboard_detail::legend(study.table));
  return out;
}

}  // namespace loom::report
