// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/diagnostic.h"

namespace loom {

// Text of one YAML file (which must outlive it); turns the parser's 0-based line and byte into offsets, and those into
// marks that count characters.
class YamlText {
 public:
  YamlText(const std::string& file, std::string_view text);
  std::string_view text() const { return text_; }
  size_t offset(int line, int column_bytes) const;
  std::string_view line_at(size_t offset) const;            // the whole line that holds the byte
  Mark mark(size_t offset, size_t length_bytes = 1) const;  // the length ends with the line

 private:
  size_t line_index(size_t offset) const;
  size_t line_end(size_t index) const;
  int characters(size_t from, size_t to) const;
  std::string file_;
  std::string_view text_;
  std::vector<size_t> starts_ = {0};
  std::vector<size_t> continuations_;  // UTF-8 continuation bytes: a lock is one long line, counted 20,000 times
};

// First byte that may not stand in a config, with the reason.
std::optional<std::pair<size_t, std::string>> yaml_text_fault(std::string_view text);

// Bytes of the quoted scalar that `rest` begins with, quotes included; 0 when the closing quote is missing.
size_t quoted_scalar_bytes(std::string_view rest);

}  // namespace loom
