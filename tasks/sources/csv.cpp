// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/csv.h"

#include <charconv>
#include <deque>
#include <string>
#include <vector>

#include "tasks/sources/refuse.h"

namespace loom::sources {
namespace csv_detail {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trim(std::string_view cell) {
  while (!cell.empty() && blank(cell.front())) cell.remove_prefix(1);
  while (!cell.empty() && blank(cell.back())) cell.remove_suffix(1);
  return cell;
}

class Scanner {
 public:
  Scanner(const std::filesystem::path& file, std::string_view text) : file_(file), text_(text) {}

  bool done() const { return at_ >= text_.size(); }
  int64_t line() const { return line_; }

  // The next row; a line without any cell gives none.
  const std::vector<std::string_view>& next() {
    cells_.clear();
    unescaped_.clear();
    bool more = true;
    while (more) {
      skip_blanks();
      const bool is_quoted = !done() && text_[at_] == '"';
      cells_.push_back(is_quoted ? quoted_cell() : plain_cell());
      const bool comma = !done() && text_[at_] == ',';
      if (!comma && !is_quoted && cells_.size() == 1 && cells_[0].empty()) cells_.clear();
      more = comma;
      line_ += !done() && text_[at_] == '\n';
      ++at_;
    }
    return cells_;
  }

 private:
  void skip_blanks() {
    while (!done() && blank(text_[at_])) ++at_;
  }

  std::string_view plain_cell() {
    const size_t end = std::min(text_.find_first_of(",\n", at_), text_.size());
    const std::string_view cell = text_.substr(at_, end - at_);
    at_ = end;
    return trim(cell);
  }

  std::string_view quoted_cell() {
    const int64_t begin = line_;
    std::string& cell = unescaped_.emplace_back();
    for (++at_;; ++at_) {
      if (done()) refuse(file_, begin, "a quote opens here and never closes");
      if (text_[at_] == '"' && text_.substr(at_ + 1, 1) != "\"") break;
      if (text_[at_] == '"') ++at_;
      line_ += text_[at_] == '\n';
      cell += text_[at_];
    }
    ++at_;
    skip_blanks();
    if (!done() && text_[at_] != ',' && text_[at_] != '\n') refuse(file_, line_, "text follows a closing quote");
    return cell;
  }

  const std::filesystem::path& file_;
  std::string_view text_;
  size_t at_ = 0;
  int64_t line_ = 1;
  std::vector<std::string_view> cells_;
  std::deque<std::string> unescaped_;  // a deque keeps the views of earlier cells valid
};

}  // namespace
}  // namespace csv_detail

void read_csv(const std::filesystem::path& file, std::string_view text,
              const std::function<void(const CsvRow&)>& visit) {
  if (text.substr(0, 2) == "\x1f\x8b") refuse(file, 0, "is compressed; unpack it first (gunzip)");
  if (text.find('\0') != std::string_view::npos) refuse(file, 0, "is not text: it holds NUL bytes");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  csv_detail::Scanner scanner(file, text);
  size_t width = 0;
  while (!scanner.done()) {
    const int64_t line = scanner.line();
    const auto& cells = scanner.next();
    if (cells.empty()) continue;
    if (width == 0) width = cells.size();
    if (cells.size() != width)
      refuse(file, line,
             "the row has " + std::to_string(cells.size()) + " cells, the first has " + std::to_string(width));
    visit({line, cells});
  }
  if (width == 0) refuse(file, 0, "is empty");
}

std::optional<double> as_number(std::string_view cell) {
  if (cell.starts_with('+')) cell.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size()) return {};
  return value;
}

}  // namespace loom::sources
