// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "harness/error.h"
#include "harness/hash.h"
#include "tasks/sources/csv.h"
#include "tasks/sources/refuse.h"

namespace loom::sources {
namespace rows_detail {
namespace {

constexpr size_t kClassesMax = 1000;

void settle_given(Rows& rows, const SuiteFile& suite) {
  std::unordered_map<std::string_view, const Row*> of_test;
  for (const auto& row : rows.rows)
    if (row.side == Side::test) of_test.emplace(row.group, &row);
  for (auto& row : rows.rows) {
    const auto found = row.side == Side::train ? of_test.find(row.group) : of_test.end();
    if (found == of_test.end()) continue;
    if (!suite.group.empty())
      rows.refuse_row(*found->second, "group " + in_quotes(row.group) + " also occurs on the train side");
    row.side = Side::left_out;
  }
}

void settle_by_hash(Rows& rows, double test_share) {
  for (auto& row : rows.rows) row.side = hashed_into_test(row.group, test_share) ? Side::test : Side::train;
}

template <class Read>
std::vector<std::string_view> texts_of(const Rows& rows, bool train_only, Read read) {
  std::vector<std::string_view> texts;
  for (const auto& row : rows.rows)
    if (row.side == Side::train || (!train_only && row.side == Side::test)) texts.push_back(read(row));
  return texts;
}

Codes classes_of(const Rows& rows, const SuiteFile& suite) {
  Codes classes(texts_of(rows, true, [](const Row& row) -> std::string_view { return row.label; }));
  if (classes.names().size() > kClassesMax)
    refuse(suite.file, suite.line_of("label"),
           "label " + in_quotes(suite.label) + " has " + std::to_string(classes.names().size()) +
               " different values on the train side; at most " + std::to_string(kClassesMax) + " classes are read");
  return classes;
}

void append_item(Items& items, const Rows& rows, size_t at) {
  const auto begin = rows.values.begin() + static_cast<std::ptrdiff_t>(at) * rows.width;
  items.values.insert(items.values.end(), begin, begin + rows.width);
  ++items.count;
}

}  // namespace
}  // namespace rows_detail

void Rows::refuse_row(const Row& row, const std::string& what) const {
  const auto& file = files[static_cast<size_t>(row.file)];
  if (by_line) refuse(file, row.place, what);
  refuse(file, 0, "item " + std::to_string(row.place) + ": " + what);
}

void Rows::check_rows() const {
  check(!files.empty(), "rows of no file");
  if (rows.empty()) refuse(files.front(), 0, "holds no rows");
}

Codes::Codes(const std::vector<std::string_view>& texts) {
  std::unordered_set<std::string_view> distinct(texts.begin(), texts.end());
  numeric_ = std::ranges::all_of(distinct, [](std::string_view text) {
    const auto value = as_number(text);
    return value && std::isfinite(*value);
  });
  for (std::string_view text : distinct) {
    if (numeric_)
      by_value_.emplace(*as_number(text), 0);
    else
      by_text_.emplace(text, 0);
  }
  int32_t next = 0;
  for (auto& [value, code] : by_value_) code = next++;
  for (auto& [text, code] : by_text_) code = next++;
  names_.resize(static_cast<size_t>(next));
  for (std::string_view text : distinct) {
    auto& name = names_[static_cast<size_t>(*find(text))];
    // Of several ways to write a number the shortest names it; the set's order must not show.
    if (name.empty() || std::pair(text.size(), text) < std::pair(name.size(), std::string_view(name))) name = text;
  }
}

std::optional<int32_t> Codes::find(std::string_view text) const {
  if (!numeric_) {
    const auto found = by_text_.find(text);
    return found == by_text_.end() ? std::optional<int32_t>() : found->second;
  }
  const auto value = as_number(text);
  if (!value || !std::isfinite(*value)) return {};
  const auto found = by_value_.find(*value);
  return found == by_value_.end() ? std::optional<int32_t>() : found->second;
}

std::string content_group(std::string_view row_bytes) { return sha256(row_bytes); }

bool hashed_into_test(const std::string& key, double share) {
  constexpr size_t kDigits = 13;  // 52 bits, exact in a double
  const std::string digest = sha256(key);
  uint64_t bits = 0;
  std::from_chars(digest.data(), digest.data() + kDigits, bits, 16);
  return std::ldexp(static_cast<double>(bits), -4 * static_cast<int>(kDigits)) < share;
}

void settle_sides(Rows& rows, const SuiteFile& suite, bool split_given) {
  rows.check_rows();
  if (split_given)
    rows_detail::settle_given(rows, suite);
  else
    rows_detail::settle_by_hash(rows, suite.test_share);
  const auto on_train_side = [](const Row& row) { return row.side == Side::train; };
  if (!std::ranges::any_of(rows.rows, on_train_side))
    refuse(rows.files.front(), 0, "no row is left for the train side");
}

Sides to_items(const Rows& rows, const SuiteFile& suite) {
  check(std::ssize(rows.values) == std::ssize(rows.rows) * rows.width, "values of rows");
  const Codes classes = rows_detail::classes_of(rows, suite);
  const Codes domains(
      rows_detail::texts_of(rows, false, [](const Row& row) -> std::string_view { return row.domain; }));
  std::unordered_map<std::string_view, int32_t> groups;
  Sides sides;
  sides.domains = domains.names();
  sides.train_side.input_dim = sides.test.input_dim = rows.width;
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    const Row& row = rows.rows[i];
    if (row.side == Side::left_out) continue;
    const auto label = classes.find(row.label);
    if (!label) rows.refuse_row(row, "label " + in_quotes(row.label) + " does not occur on the train side");
    Items& items = row.side == Side::test ? sides.test : sides.train_side;
    rows_detail::append_item(items, rows, i);
    items.label.push_back(*label);
    items.domain.push_back(*domains.find(row.domain));
    items.group.push_back(groups.emplace(row.group, static_cast<int32_t>(groups.size())).first->second);
  }
  return sides;
}

}  // namespace loom::sources
