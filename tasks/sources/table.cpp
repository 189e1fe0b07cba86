// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/table.h"

#include <algorithm>
#include <cmath>

#include "harness/io.h"
#include "harness/random.h"
#include "tasks/sources/columns.h"
#include "tasks/sources/refuse.h"
#include "tasks/sources/scale.h"

namespace loom::sources {
namespace table_detail {
namespace {

constexpr size_t kTextsMax = 256;

struct Table {
  Columns columns;
  Rows rows;
  std::vector<std::string> cells;  // [rows, inputs]

  const std::string& cell(size_t row, size_t input) const { return cells[row * columns.inputs.size() + input]; }
  std::string name(size_t input) const { return in_quotes(columns.names[columns.inputs[input]]); }
};

void read_file_of(Table& table, const SuiteFile& suite, const std::filesystem::path& file, const SourceSet& set,
                  Side side) {
  bool first = true;
  read_csv(file, read_file(file), [&](const CsvRow& row) {
    if (!first) {
      table.rows.rows.push_back(read_row(row, table.columns, set, table.rows, side));
      for (size_t column : table.columns.inputs) table.cells.emplace_back(row.cells[column]);
      return;
    }
    first = false;
    const Columns columns = read_columns(file, row, suite);
    if (!columns.header) refuse(file, row.line, "the first line of a table names its columns; this one holds numbers");
    if (table.columns.names.empty()) table.columns = columns;
    if (columns.names != table.columns.names)
      refuse(file, row.line, "the columns differ from those of " + table.rows.files.front().string());
  });
}

// Keeps a fixed choice of the rows, in their order and on their sides.
void thin(Rows& rows, int64_t rows_max) {
  const auto order = permutation(std::ssize(rows.rows), Stream(0, "table/rows"));
  for (size_t i = static_cast<size_t>(std::min(rows_max, std::ssize(order))); i < order.size(); ++i)
    rows.rows[static_cast<size_t>(order[i])].side = Side::left_out;
}

// One input column as numbers.
class Encoder {
 public:
  Encoder(const Table& table, size_t input) : table_(table), input_(input) {
    std::vector<std::string_view> texts;
    size_t numbers = 0;
    for (size_t i = 0; i < table.rows.rows.size(); ++i) {
      if (table.rows.rows[i].side != Side::train) continue;
      texts.push_back(table.cell(i, input));
      numbers += as_number(texts.back()).has_value();
    }
    if (2 * numbers > texts.size())
      fit_number();
    else
      fit_texts(texts);
  }

  size_t width() const { return codes_ ? codes_->names().size() : 1; }

  void encode(size_t row, std::vector<float>& values) const {
    if (!codes_) return values.push_back(static_cast<float>(scale_(number(row))));
    const auto code = codes_->find(table_.cell(row, input_));
    const size_t begin = values.size();
    values.resize(begin + width(), 0);
    if (code) values[begin + static_cast<size_t>(*code)] = 1;
  }

 private:
  double number(size_t row) const {
    const std::string& cell = table_.cell(row, input_);
    const auto value = as_number(cell);
    if (value && std::isfinite(*value)) return *value;
    table_.rows.refuse_row(table_.rows.rows[row], "column " + table_.name(input_) + " holds numbers, but here " +
                                                      (cell.empty() ? "nothing" : in_quotes(cell)));
  }

  void fit_number() {
    std::vector<double> numbers;
    for (size_t i = 0; i < table_.rows.rows.size(); ++i)
      if (table_.rows.rows[i].side == Side::train) numbers.push_back(number(i));
    scale_ = fit_scale(numbers);
  }

  void fit_texts(const std::vector<std::string_view>& texts) {
    codes_.emplace(texts);
    if (width() <= kTextsMax) return;
    refuse(table_.rows.files.front(), 1,
           "text column " + table_.name(input_) + " has " + std::to_string(width()) + " different values; at most " +
               std::to_string(kTextsMax) + " become inputs, so leave it out or make it the group");
  }

  const Table& table_;
  size_t input_;
  Scale scale_;
  std::optional<Codes> codes_;
};

}  // namespace
}  // namespace table_detail

Rows read_table(const SuiteFile& suite, const std::vector<SourceSet>& sets, int64_t rows_max) {
  table_detail::Table table;
  for_each_file(sets, table.rows, [&](const auto& file, const SourceSet& set, Side side) {
    table_detail::read_file_of(table, suite, file, set, side);
  });
  settle_sides(table.rows, suite, split_given(sets));
  if (rows_max > 0) table_detail::thin(table.rows, rows_max);
  std::vector<table_detail::Encoder> encoders;
  for (size_t input = 0; input < table.columns.inputs.size(); ++input) encoders.emplace_back(table, input);
  for (size_t i = 0; i < table.rows.rows.size(); ++i)
    for (const auto& encoder : encoders) encoder.encode(i, table.rows.values);
  for (const auto& encoder : encoders) table.rows.width += static_cast<int64_t>(encoder.width());
  return std::move(table.rows);
}

}  // namespace loom::sources
