// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/table_parts.h"
#include "harness/utf8.h"

namespace loom::table_parts {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kNarrowestArm = 16;
constexpr const char* kBold = "\033[1m";
constexpr const char* kPlain = "\033[0m";

// The arm's and the flags' cells stand left, numbers right.
std::string padded(const std::string& text, size_t width, bool left) {
  const std::string blanks(width - std::min(width, character_count(text)), ' ');
  return left ? text + blanks : blanks + text;
}

std::string trimmed(const std::string& line) { return line.substr(0, line.find_last_not_of(' ') + 1); }

class Layout {
 public:
  Layout(const Grid& grid, const TableOptions& options) : options_(options), score_(grid.score) {
    measure(grid.header);
    for (const Grid::Line& line : grid.lines) measure(line.cells);
    size_t total = 0;
    for (const size_t width : widths_) total += width + kGap;
    const size_t over = total > options.width + kGap ? total - options.width - kGap : 0;
    widths_[0] = std::max(std::min(widths_[0], kNarrowestArm), widths_[0] - std::min(widths_[0], over));
  }

  std::string line(const std::vector<std::string>& cells, bool strong) const {
    std::string out;
    for (size_t i = 0; i < cells.size(); ++i) {
      std::string cell = padded(shortened(cells[i], widths_[i]), widths_[i], i == 0 || i + 1 == cells.size());
      if (strong && options_.colour && i == score_) cell = kBold + cell + kPlain;
      out += (i == 0 ? "" : std::string(kGap, ' ')) + cell;
    }
    return trimmed(out) + "\n";
  }

 private:
  void measure(const std::vector<std::string>& cells) {
    widths_.resize(std::max(widths_.size(), cells.size()));
    for (size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], character_count(cells[i]));
  }

  const TableOptions& options_;
  size_t score_;
  std::vector<size_t> widths_;
};

// Words onto lines of at most `width`, later ones indented.
std::string wrapped(const std::string& text, size_t width, const std::string& indent) {
  std::string out, line;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && character_count(line) + 1 + character_count(word) > width) {
      out += line + "\n";
      line = indent + word;
    } else {
      line += (line.empty() || at == 0 ? "" : " ") + word;
    }
    at = end + 1;
  }
  return out + line + "\n";
}

std::string block_text(const ComparedBlock& block, const TableOptions& options) {
  const Grid content = grid(block, options.by_domain, options.metrics);
  std::string out = title(block) + "\n";
  if (!content.lines.empty()) {
    const Layout layout(content, options);
    out += layout.line(content.header, false);
    std::string group = "arms";
    for (const Grid::Line& line : content.lines) {
      if (line.group != group) out += "  -- " + line.group + "\n";
      group = line.group;
      out += layout.line(line.cells, line.strong);
    }
  }
  for (const std::string& line : content.left_out) out += wrapped("  " + line, options.width, "      ");
  return out + wrapped(headline_text(block), options.width, "  ") + "\n";
}

std::string signs_lines(const Table& table, const TableOptions& options) {
  Grid grid;
  for (const std::vector<std::string>& cells : sign_rows(table)) grid.lines.push_back({cells, "arms", false});
  if (grid.lines.empty()) return "";
  std::string out = "Over budgets\n";
  const Layout layout(grid, options);
  for (const Grid::Line& line : grid.lines) out += layout.line(line.cells, false);
  return out + "\n";
}

}  // namespace

std::string text(const Table& table, const TableOptions& options) {
  std::string out;
  for (const ComparedBlock& block : table.blocks)
    if (options.budgets || !is_smaller_budget(block)) out += block_text(block, options);
  out += signs_lines(table, options);
  for (const std::string& line : legend(table, options.by_domain)) out += wrapped(line, options.width, "  ");
  return out;
}

}  // namespace loom::table_parts
