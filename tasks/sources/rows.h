// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/suite.h"
#include "tasks/sources/suite_file.h"

namespace loom::sources {

enum class Side : uint8_t { train, test, left_out };

struct Row {
  int64_t file = 0;
  int64_t place = 0;                 // line of a text, else the item's number from 0
  std::string label, domain, group;  // as written; group: the key whose hash decides the side
  Side side = Side::train;
};

// What every reader of labelled vectors hands over, before classes, domains and groups become numbers.
struct Rows {
  std::vector<std::filesystem::path> files;
  bool by_line = true;  // what Row::place counts
  std::vector<Row> rows;
  int64_t width = 0;
  std::vector<float> values;  // [rows, width]

  [[noreturn]] void refuse_row(const Row& row, const std::string& what) const;
  void check_rows() const;  // InputError without any
};

// Numbers for texts, from 0 in ascending order: by value if all are numbers ("1" is "1.0"), else by text.
class Codes {
 public:
  explicit Codes(const std::vector<std::string_view>& texts);
  std::optional<int32_t> find(std::string_view text) const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  bool numeric_ = true;
  std::map<double, int32_t> by_value_;
  std::map<std::string, int32_t, std::less<>> by_text_;
  std::vector<std::string> names_;
};

// The group of a row without a group column: equal rows share it, so copies never straddle a split.
std::string content_group(std::string_view row_bytes);

// Whether the hash of a group's key falls below the share. It depends on the key alone: adding rows to a data set moves
// no other row between the sides.
bool hashed_into_test(const std::string& key, double share);

// Decides the side of every row. Without given test files a group is in the test when the hash of its key falls below
// the share. With them the files decide: a named group on both sides is refused, and train rows that are exact copies
// of test rows are left out.
void settle_sides(Rows& rows, const SuiteFile& suite, bool split_given);

struct Sides {
  Items train_side, test;
  std::vector<std::string> domains;
};
Sides to_items(const Rows& rows, const SuiteFile& suite);

}  // namespace loom::sources
