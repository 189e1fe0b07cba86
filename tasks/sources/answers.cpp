// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/answers.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

#include "harness/grid.h"
#include "harness/io.h"
#include "tasks/sources/csv.h"
#include "tasks/sources/refuse.h"
#include "tasks/sources/scale.h"

namespace loom::sources {
namespace answers_detail {
namespace {

struct Header {
  size_t inputs = 0, answers = 0;
  friend bool operator==(const Header&, const Header&) = default;
};

Header read_header(const std::filesystem::path& file, const CsvRow& row) {
  Header header;
  for (std::string_view cell : row.cells) {
    const std::string input = "x" + std::to_string(header.inputs + 1),
                      answer = "y" + std::to_string(header.answers + 1);
    if (cell == input && header.answers == 0)
      ++header.inputs;
    else if (cell == answer && header.inputs > 0)
      ++header.answers;
    else
      refuse(file, row.line, "the first line names the columns x1, x2 ... y1, y2 ...; here " + in_quotes(cell));
  }
  if (header.answers == 0) refuse(file, row.line, "the header names no answers y1, y2 ...");
  return header;
}

class Reader {
 public:
  explicit Reader(AnswerTable& table) : table_(table) {}

  void read(const AnswerFile& file) {
    table_.rows.files.push_back(file.path);
    int64_t row_count = -1;
    read_csv(file.path, read_file(file.path), [&](const CsvRow& row) {
      if (++row_count > 0) return add(row, row_count <= file.train_rows ? Side::train : Side::test);
      const Header header = read_header(file.path, row);
      if (table_.rows.files.size() > 1 && header != header_)
        refuse(file.path, row.line, "the columns differ from those of " + table_.rows.files.front().string());
      header_ = header;
    });
  }

  void finish() {
    settle_sides(table_.rows, SuiteFile(), true);
    const auto left_out = [](const Row& row) { return row.side == Side::left_out; };
    table_.left_out = std::ranges::count_if(table_.rows.rows, left_out);
    table_.answers = static_cast<int64_t>(header_.answers);
    table_.rows.width = static_cast<int64_t>(header_.inputs);
    standardise();
  }

 private:
  void add(const CsvRow& cells, Side side) {
    Row row;
    row.file = std::ssize(table_.rows.files) - 1;
    row.place = cells.line;
    row.side = side;
    std::string content;
    for (size_t i = 0; i < cells.cells.size(); ++i) {
      const double value = number(row, cells.cells[i]);
      if (i >= header_.inputs) {
        table_.answer.push_back(value);
        continue;
      }
      inputs_.push_back(value);
      content.append(reinterpret_cast<const char*>(&value), sizeof(value));
    }
    row.group = content_group(content);
    table_.rows.rows.push_back(std::move(row));
  }

  double number(const Row& row, std::string_view cell) const {
    const auto value = as_number(cell);
    if (value && std::abs(*value) <= kNumberMax) return *value + 0.0;  // -0 and 0 are the same input
    table_.rows.refuse_row(row, "a number is needed, but here is " + (cell.empty() ? "nothing" : in_quotes(cell)));
  }

  void standardise() {
    const size_t width = header_.inputs;
    table_.rows.values.resize(inputs_.size());
    for (size_t column = 0; column < width; ++column) {
      std::vector<double> seen;
      for (size_t i = 0; i < table_.rows.rows.size(); ++i)
        if (table_.rows.rows[i].side == Side::train) seen.push_back(inputs_[i * width + column]);
      const Scale scale = fit_scale(seen);
      for (size_t at = column; at < inputs_.size(); at += width)
        table_.rows.values[at] = static_cast<float>(scale(inputs_[at]));
    }
  }

  AnswerTable& table_;
  Header header_;
  std::vector<double> inputs_;  // as written
};

double answer_at(const AnswerTable& table, size_t row, int64_t answer) {
  return table.answer[row * static_cast<size_t>(table.answers) + static_cast<size_t>(answer)];
}

// `label_of`: row -> class; `target_of`: row -> number.
template <class Label, class Target>
Sides sides_of(const AnswerTable& table, const Label& label_of, const Target& target_of) {
  Sides sides;
  std::unordered_map<std::string_view, int32_t> groups;
  const int64_t width = sides.train_side.input_dim = sides.test.input_dim = table.rows.width;
  for (size_t i = 0; i < table.rows.rows.size(); ++i) {
    const Row& row = table.rows.rows[i];
    if (row.side == Side::left_out) continue;
    Items& items = row.side == Side::test ? sides.test : sides.train_side;
    const auto begin = table.rows.values.begin() + static_cast<std::ptrdiff_t>(i) * width;
    items.values.insert(items.values.end(), begin, begin + width);
    items.label.push_back(label_of(i));
    items.target.push_back(static_cast<float>(target_of(i)));
    items.domain.push_back(0);
    items.group.push_back(groups.emplace(row.group, static_cast<int32_t>(groups.size())).first->second);
    ++items.count;
  }
  return sides;
}

template <class Label>
Sides classes_of(const AnswerTable& table, const Label& label_of) {
  Sides sides = sides_of(table, label_of, [](size_t) { return 0.0; });
  sides.train_side.target.clear();
  sides.test.target.clear();
  return sides;
}

}  // namespace
}  // namespace answers_detail

AnswerTable read_answers(const std::vector<AnswerFile>& files) {
  AnswerTable table;
  answers_detail::Reader reader(table);
  for (const auto& file : files) reader.read(file);
  reader.finish();
  return table;
}

Sides argmax_class(const AnswerTable& table) {
  return answers_detail::classes_of(table, [&](size_t row) {
    const auto begin = table.answer.begin() + static_cast<std::ptrdiff_t>(row) * table.answers;
    const auto largest = std::max_element(begin, begin + table.answers);
    if (std::count(begin, begin + table.answers, *largest) > 1)
      table.rows.refuse_row(table.rows.rows[row], "no answer is the largest, so the row is of no class");
    return static_cast<int32_t>(largest - begin);
  });
}

Sides yes_or_no(const AnswerTable& table, int64_t answer) {
  return answers_detail::classes_of(table, [&](size_t row) {
    const double value = answers_detail::answer_at(table, row, answer);
    if (value != 0 && value != 1)
      table.rows.refuse_row(table.rows.rows[row], "y" + std::to_string(answer + 1) + " is neither 0 nor 1");
    return static_cast<int32_t>(value);
  });
}

Sides binned_number(const AnswerTable& table, int64_t answer) {
  std::vector<double> seen;
  for (size_t i = 0; i < table.rows.rows.size(); ++i)
    if (table.rows.rows[i].side == Side::train) seen.push_back(answers_detail::answer_at(table, i, answer));
  const Scale scale = fit_scale(seen);
  const auto standardised = [&](size_t row) { return scale(answers_detail::answer_at(table, row, answer)); };
  return answers_detail::sides_of(
      table, [&](size_t row) { return grid_bin(standardised(row)); }, standardised);
}

}  // namespace loom::sources
