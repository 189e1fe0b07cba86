// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/columns.h"

#include <algorithm>
#include <cmath>

#include "tasks/sources/refuse.h"
#include "tasks/sources/yaml_fields.h"

namespace loom::sources {
namespace columns_detail {
namespace {

constexpr std::ptrdiff_t kNamesShown = 12;

size_t find_column(const std::filesystem::path& file, int64_t line, const Columns& columns, const std::string& name) {
  if (!columns.header)
    refuse(file, line, "column " + in_quotes(name) + " is wanted, but the first line names no columns");
  const auto found = std::ranges::find(columns.names, name);
  if (found != columns.names.end()) return static_cast<size_t>(found - columns.names.begin());
  const std::string hint = did_you_mean(name, columns.names);
  Words shown(columns.names.begin(),
              columns.names.begin() + std::min(std::ssize(columns.names), std::ptrdiff_t{kNamesShown}));
  if (std::ssize(columns.names) > kNamesShown) shown.emplace_back("...");
  refuse(
      file, line,
      "there is no column " + in_quotes(name) + "; " + (hint.empty() ? "" : hint + " ") + "columns: " + joined(shown));
}

size_t find_label(const std::filesystem::path& file, int64_t line, const Columns& columns, const std::string& name) {
  const bool named = columns.header && std::ranges::find(columns.names, name) != columns.names.end();
  if (!named && name == "last") return columns.names.size() - 1;
  if (!named && name == "first") return 0;
  return find_column(file, line, columns, name);
}

}  // namespace
}  // namespace columns_detail

Columns read_columns(const std::filesystem::path& file, const CsvRow& first, const SuiteFile& suite) {
  using namespace columns_detail;
  Columns columns;
  columns.header = !std::ranges::all_of(first.cells, [](std::string_view cell) { return as_number(cell).has_value(); });
  for (size_t i = 0; i < first.cells.size(); ++i) {
    std::string name = columns.header ? std::string(first.cells[i]) : "column " + std::to_string(i + 1);
    if (std::ranges::find(columns.names, name) != columns.names.end())
      refuse(file, first.line, "two columns are called " + in_quotes(name));
    columns.names.push_back(std::move(name));
  }
  columns.label = find_label(file, first.line, columns, suite.label);
  if (domain_is_column(suite)) columns.domain = find_column(file, first.line, columns, suite.domain);
  if (!suite.group.empty()) columns.group = find_column(file, first.line, columns, suite.group);
  for (size_t i = 0; i < columns.names.size(); ++i)
    if (i != columns.label && columns.domain != i && columns.group != i) columns.inputs.push_back(i);
  if (columns.inputs.empty()) refuse(file, first.line, "no column is left for the inputs");
  return columns;
}

Row read_row(const CsvRow& cells, const Columns& columns, const SourceSet& set, const Rows& rows, Side side) {
  Row row;
  row.file = std::ssize(rows.files) - 1;
  row.place = cells.line;
  row.side = side;
  const auto cell = [&](size_t column) {
    if (cells.cells[column].empty()) rows.refuse_row(row, "column " + in_quotes(columns.names[column]) + " is empty");
    return std::string(cells.cells[column]);
  };
  row.label = cell(columns.label);
  if (const auto value = as_number(row.label); value && !std::isfinite(*value))
    rows.refuse_row(row, "label " + in_quotes(row.label) + " is no class");
  row.domain = columns.domain ? cell(*columns.domain) : set.domain;
  if (columns.group) {
    row.group = cell(*columns.group);
    return row;
  }
  std::string content;
  for (std::string_view text : cells.cells) content.append(text).push_back('\x1f');
  row.group = content_group(content);
  return row;
}

void for_each_file(const std::vector<SourceSet>& sets, Rows& rows,
                   const std::function<void(const std::filesystem::path&, const SourceSet&, Side)>& visit) {
  const auto walk = [&](const std::vector<std::filesystem::path>& files, const SourceSet& set, Side side) {
    for (const auto& file : files) {
      rows.files.push_back(file);
      visit(file, set, side);
    }
  };
  for (const auto& set : sets) walk(set.train, set, Side::train);
  for (const auto& set : sets) walk(set.test, set, Side::test);
}

}  // namespace loom::sources
