// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/string_functions.h"

#include <algorithm>

namespace loom::sources {

std::string reversed(std::string text) {
  std::ranges::reverse(text);
  return text;
}

std::string sorted(std::string text) {
  std::ranges::sort(text);
  return text;
}

std::string first_occurrences(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (out.find(c) == std::string::npos) out += c;
  return out;
}

std::string rotated(const std::string& text) { return text.empty() ? text : text.substr(1) + text[0]; }

std::string swapped(std::string text) {
  for (size_t i = 0; i + 1 < text.size(); i += 2) std::swap(text[i], text[i + 1]);
  return text;
}

std::string three_more(std::string digits) {
  for (char& digit : digits) digit = static_cast<char>('0' + (digit - '0' + 3) % 10);
  return digits;
}

}  // namespace loom::sources
