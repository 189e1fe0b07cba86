// SPDX-License-Identifier: Apache-2.0
#include "harness/yaml_text.h"

#include <algorithm>

#include "harness/utf8.h"

namespace loom {

YamlText::YamlText(const std::string& file, std::string_view text) : file_(file), text_(text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts_.push_back(i + 1);
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continuations_.push_back(i);
  }
}

size_t YamlText::line_index(size_t offset) const {
  return static_cast<size_t>(std::upper_bound(starts_.begin(), starts_.end(), offset) - starts_.begin()) - 1;
}

size_t YamlText::line_end(size_t index) const {
  size_t end = index + 1 < starts_.size() ? starts_[index + 1] - 1 : text_.size();
  if (end > starts_[index] && text_[end - 1] == '\r') --end;
  return end;
}

int YamlText::characters(size_t from, size_t to) const {
  const auto first = std::lower_bound(continuations_.begin(), continuations_.end(), from);
  const auto last = std::lower_bound(first, continuations_.end(), to);
  return static_cast<int>(to - from) - static_cast<int>(last - first);
}

size_t YamlText::offset(int line, int column_bytes) const {
  const auto index = static_cast<size_t>(std::max(line, 0));
  if (index >= starts_.size()) return text_.size();
  return std::min(text_.size(), starts_[index] + static_cast<size_t>(std::max(column_bytes, 0)));
}

std::string_view YamlText::line_at(size_t offset) const {
  const size_t index = line_index(offset);
  return text_.substr(starts_[index], line_end(index) - starts_[index]);
}

Mark YamlText::mark(size_t offset, size_t length_bytes) const {
  const size_t index = line_index(offset);
  const size_t end = line_end(index);
  const size_t from = std::min(offset, end);
  const int length = characters(from, std::min(end, from + length_bytes));
  return {file_, static_cast<int>(index) + 1, characters(starts_[index], from) + 1, std::max(1, length)};
}

std::optional<std::pair<size_t, std::string>> yaml_text_fault(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return {{0, "UTF-16 text; save the file as UTF-8"}};
  for (size_t i = 0; i < text.size();) {
    const size_t length = utf8_sequence_length(text, i);
    if (text[i] == '\0') return {{i, "NUL byte in the text; configs are plain UTF-8"}};
    if (length == 0) return {{i, "invalid UTF-8; save the file as UTF-8"}};
    const bool line_end = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (utf8_control(text, i, length) && text[i] != '\n' && text[i] != '\t' && !line_end) {
      return {{i, "control character in the text; configs are plain UTF-8"}};
    }
    if (text.substr(i, 3) == "\xEF\xBB\xBF") return {{i, "byte order mark inside the text; remove it"}};
    i += length;
  }
  return std::nullopt;
}

size_t quoted_scalar_bytes(std::string_view rest) {
  const char quote = rest.front();
  for (size_t i = 1; i < rest.size(); ++i) {
    if (quote == '"' && rest[i] == '\\') {
      ++i;
    } else if (rest[i] == quote) {
      if (quote == '"' || i + 1 >= rest.size() || rest[i + 1] != '\'') return i + 1;
      ++i;
    }
  }
  return 0;
}

}  // namespace loom
