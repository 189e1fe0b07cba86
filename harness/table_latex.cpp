// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "harness/latex_text.h"
#include "harness/table_parts.h"
#include "harness/text_numbers.h"

namespace loom::table_parts {
namespace {

constexpr size_t kDigestShown = 12;
constexpr const char* kHead =
    "% Needs \\usepackage{booktabs} and \\usepackage{textcomp}; made by loom table --format latex.\n";

bool of_arms(const Grid::Line& line) { return line.group == "arms"; }

// Which columns say anything: the arm, the first, and those that are not the same for every arm.
std::vector<size_t> changing(const Grid& grid) {
  std::vector<size_t> out = {0, 1};
  for (size_t i = 2; i < grid.header.size(); ++i) {
    const auto same = [&](const Grid::Line& line) { return !of_arms(line) || line.cells[i] == grid.lines[0].cells[i]; };
    if (!std::ranges::all_of(grid.lines, same)) out.push_back(i);
  }
  return out;
}

// Chosen columns stand whether they change or not; only empty flags go.
std::vector<size_t> shown_columns(const Grid& grid, bool chosen) {
  if (!chosen) return changing(grid);
  std::vector<size_t> out;
  const size_t flags = grid.header.size() - 1;
  for (size_t i = 0; i < grid.header.size(); ++i) {
    const auto empty = [&](const Grid::Line& line) { return line.cells[i].empty(); };
    if (i != flags || !std::ranges::all_of(grid.lines, empty)) out.push_back(i);
  }
  return out;
}

std::string row(const Grid& grid, const std::vector<std::string>& cells, const std::vector<size_t>& columns,
                bool strong) {
  std::string out;
  for (const size_t i : columns) {
    const std::string cell = latex_text(i == 0 ? cells[i].substr(2) : cells[i]);
    const bool bold = strong && i == grid.score;
    out += (i == columns[0] ? "" : " & ") + (bold ? "\\textbf{" + cell + "}" : cell);
  }
  return out + " \\\\\n";
}

std::string body(const Grid& grid, const std::vector<size_t>& columns) {
  std::string out, group = "arms";
  for (const Grid::Line& line : grid.lines) {
    if (line.group != group) {
      group = line.group;
      out += "\\midrule\n\\multicolumn{" + std::to_string(columns.size()) + "}{l}{\\emph{" + group + "}} \\\\\n";
    }
    out += row(grid, line.cells, columns, line.strong);
  }
  return out;
}

// What columns that were left out would have said, where a reader would miss it.
std::string constants(const Grid& grid, const std::vector<size_t>& columns) {
  std::string out;
  for (size_t i = 1; i + 1 < grid.header.size() && !grid.lines.empty(); ++i) {
    const std::string& value = grid.lines[0].cells[i];
    if (std::ranges::count(columns, i) > 0 || value == "-") continue;
    out += (out.empty() ? "" : ", ") + grid.header[i] + " " + value;
  }
  return out.empty() ? "" : " The same for every arm: " + out + ".";
}

std::string provenance(const Table& table) {
  std::string out;
  if (!table.plan.empty()) out += "plan " + table.plan.substr(0, kDigestShown);
  if (!table.code.empty()) out += (out.empty() ? "code " : ", code ") + table.code.substr(0, kDigestShown);
  return out.empty() ? "" : " Results " + table.name + ", " + out + ".";
}

std::string caption(const Table& table, const ComparedBlock& block, const Grid& grid,
                    const std::vector<size_t>& columns) {
  const auto items = table.test_items.find(block.suite);
  std::string out = title(block) + ". Mean over seeds and domains ± half its " +
                    number_text(std::round(block.confidence * 1000) / 10) +
                    " % interval; n = " + std::to_string(block.seeds) + (block.seeds == 1 ? " seed" : " seeds");
  if (items != table.test_items.end() && items->second > 0) out += ", " + std::to_string(items->second) + " test items";
  out +=
      ". Bold: best here, or not significantly worse (joint sign flips over seeds, adjusted p > .05); the truly best "
      "arm is bold with probability .95 at least.";
  out += constants(grid, columns);
  for (const std::string& line : grid.left_out) out += " Without a score: " + line + ".";
  return latex_text(out + " " + headline_text(block) + provenance(table));
}

std::string latex_block(const Table& table, const ComparedBlock& block, const TableOptions& options) {
  const Grid content = grid(block, options.by_domain, options.metrics);
  const std::vector<size_t> columns = shown_columns(content, !options.metrics.empty());
  std::string form;
  for (const size_t i : columns) form += i == 0 || i + 1 == content.header.size() ? 'l' : 'r';
  std::string out = "\\begin{table}\n\\centering\\small\n\\caption{" + caption(table, block, content, columns) + "}\n";
  out += "\\label{tab:" + latex_label(table.name + "-" + block.suite + "-" + block.column) + "}\n";
  out += "\\begin{tabular}{" + form + "}\n\\toprule\n" + row(content, content.header, columns, false) + "\\midrule\n";
  return out + body(content, columns) + "\\bottomrule\n\\end{tabular}\n\\end{table}\n\n";
}

std::string signs_latex(const Table& table) {
  const std::vector<std::vector<std::string>> rows = sign_rows(table);
  if (rows.empty()) return "";
  std::string out = "\\begin{table}\n\\centering\n\\caption{" +
                    latex_text(
                        "Over budgets: fabric minus monolith, each its family's best on validation, at shares "
                        "of the training budget; + = the fabric is better." +
                        provenance(table)) +
                    "}\n\\label{tab:" + latex_label(table.name) + "-budgets}\n\\begin{tabular}{l" +
                    std::string(rows[0].size() - 2, 'r') + "l}\n\\toprule\n";
  for (const std::vector<std::string>& cells : rows) {
    for (size_t i = 0; i < cells.size(); ++i) out += (i == 0 ? "" : " & ") + latex_text(cells[i]);
    out += &cells == &rows[0] ? " \\\\\n\\midrule\n" : " \\\\\n";
  }
  return out + "\\bottomrule\n\\end{tabular}\n\\end{table}\n\n";
}

}  // namespace

std::string latex(const Table& table, const TableOptions& options) {
  std::string out = kHead;
  for (const ComparedBlock& block : table.blocks)
    if (options.budgets || !is_smaller_budget(block)) out += latex_block(table, block, options);
  return out + signs_latex(table);
}

}  // namespace loom::table_parts
