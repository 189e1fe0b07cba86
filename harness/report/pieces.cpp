// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/report/section.h"
#include "harness/table_parts.h"

namespace loom::report {

Markup table(const std::string& caption, const Cells& cells) {
  Markup out = html("<div class=\"scroll\"><table class=\"{}\"><caption>{}</caption><thead><tr>", cells.kind, caption);
  for (const std::string& name : cells.header) out += html("<th scope=\"col\">{}</th>", name);
  out += html("</tr></thead><tbody>\n");
  for (size_t i = 0; i < cells.rows.size(); ++i) {
    out += cells.classes.empty() ? html("<tr>") : html("<tr class=\"{}\">", cells.classes[i]);
    for (size_t k = 0; k < cells.rows[i].size(); ++k)
      out += k == 0 ? html("<th scope=\"row\">{}</th>", cells.rows[i][k]) : html("<td>{}</td>", cells.rows[i][k]);
    out += html("</tr>\n");
  }
  out += html("</tbody></table></div>\n");
  return out;
}

Markup notes(const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  Markup out = html("<ul class=\"notes\">");
  for (const std::string& line : lines) out += html("<li>{}</li>", line);
  out += html("</ul>\n");
  return out;
}

Markup disclosure(bool open, const Markup& summary, const Markup& inside) {
  return open ? html("<details open><summary>{}</summary>\n{}</details>\n", summary, inside)
              : html("<details><summary>{}</summary>\n{}</details>\n", summary, inside);
}

Markup figure(Section& section, const std::string& kind, Json data, const std::string& said) {
  const std::string id = section.id + "-chart-" + std::to_string(section.charts.size());
  section.charts.push_back({.id = id, .kind = kind, .data = std::move(data)});
  return html(
      "<figure class=\"chart {}\" id=\"{}\"><div class=\"plot\" role=\"img\" aria-label=\"{}\"></div></figure>\n", kind,
      id, said);
}

Markup per_block(const Study& study, const std::function<Markup(const ComparedBlock&)>& piece) {
  Markup out;
  bool open = true;
  for (const bool smaller : {false, true})
    for (const ComparedBlock& block : study.table.blocks) {
      if (is_smaller_budget(block) != smaller) continue;
      const Markup inside = piece(block);
      if (inside.empty()) continue;
      out += disclosure(open, html("{}", place(block)), inside);
      open = false;
    }
  return out;
}

std::string place(const ComparedBlock& block) { return block.suite + " · " + block.column; }

std::string score_text(const ComparedRow& row, int digits) {
  std::string out = table_parts::decimal(row.score, digits);
  if (row.interval) out += " ±" + table_parts::decimal((row.interval->high - row.interval->low) / 2, digits);
  return out;
}

std::string family_class(const PlannedRow& row) {
  return row.role != "arm" ? row.role : row.family == "fabric" ? "fabric" : "monolith";
}

}  // namespace loom::report
