// SPDX-License-Identifier: Apache-2.0
#include "harness/table_parts.h"

namespace loom::table_parts {
namespace {

// What Markdown would take for markup in a cell or a sentence.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '*' || c == '_' || c == '<' || c == '`' || c == '[') out += '\\';
    out += c;
  }
  return out;
}

std::string row(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out += " " + cell + " |";
  return out + "\n";
}

std::string line_of(const Grid::Line& line, size_t score) {
  std::vector<std::string> cells;
  for (size_t i = 0; i < line.cells.size(); ++i) {
    // Bold says what the mark before an arm says in plain text.
    const std::string cell = escaped(i == 0 ? line.cells[i].substr(2) : line.cells[i]);
    cells.push_back(line.strong && i == score ? "**" + cell + "**" : cell);
  }
  if (line.group != "arms") cells[0] = "*" + line.group.substr(0, line.group.size() - 1) + ":* " + cells[0];
  return row(cells);
}

std::string markdown_block(const ComparedBlock& block, const TableOptions& options) {
  const Grid content = grid(block, options.by_domain, options.metrics);
  std::string out = "### " + escaped(title(block)) + "\n\n";
  if (!content.lines.empty()) {
    std::vector<std::string> header, rule;
    for (size_t i = 0; i < content.header.size(); ++i) {
      header.push_back(escaped(i == 0 ? content.header[i].substr(2) : content.header[i]));
      rule.emplace_back(i == 0 || i + 1 == content.header.size() ? ":--" : "--:");
    }
    out += row(header) + row(rule);
    for (const Grid::Line& line : content.lines) out += line_of(line, content.score);
    out += "\n";
  }
  for (const std::string& line : content.left_out) out += "- " + escaped(line) + "\n";
  return out + (content.left_out.empty() ? "" : "\n") + escaped(headline_text(block)) + "\n\n";
}

std::string signs_markdown(const Table& table) {
  std::string out;
  for (const std::vector<std::string>& cells : sign_rows(table)) {
    std::vector<std::string> shown, rule;
    for (const std::string& cell : cells) {
      shown.push_back(escaped(cell));
      rule.emplace_back(rule.empty() || rule.size() + 1 == cells.size() ? ":--" : "--:");
    }
    out += row(shown) + (out.empty() ? row(rule) : "");
  }
  return out.empty() ? "" : "### Over budgets\n\n" + out + "\n";
}

}  // namespace

std::string markdown(const Table& table, const TableOptions& options) {
  std::string out;
  for (const ComparedBlock& block : table.blocks)
    if (options.budgets || !is_smaller_budget(block)) out += markdown_block(block, options);
  out += signs_markdown(table);
  for (const std::string& line : legend(table, options.by_domain)) {
    const bool marks = line.starts_with("* ");
    out += "- " + escaped(marks ? "bold: " + line.substr(2) : line) + "\n";
  }
  return out;
}

}  // namespace loom::table_parts
