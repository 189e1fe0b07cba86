// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace loom::sources {

struct CsvRow {
  int64_t line = 0;                         // where it begins
  std::span<const std::string_view> cells;  // valid during the call only
};

// Calls `visit` for each row of RFC 4180 text: commas, cells quoted where needed, LF or CRLF. Blanks around cells and
// empty lines are dropped. InputError: not text, a broken quote, a row with more or fewer cells than the first, no row.
void read_csv(const std::filesystem::path& file, std::string_view text,
              const std::function<void(const CsvRow&)>& visit);

// The number that the whole cell is, "nan" and "inf" included; nothing when it is none.
std::optional<double> as_number(std::string_view cell);

}  // namespace loom::sources
