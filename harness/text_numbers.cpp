// SPDX-License-Identifier: Apache-2.0
#include "harness/text_numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace loom {
namespace text_numbers_detail {
namespace {

// Takes digits off the front and says how many.
size_t take_digits(std::string_view& text) {
  const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count;
}

bool well_formed(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const size_t whole = take_digits(text);
  if (zero && whole > 1) return false;
  size_t fraction = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  if (whole + fraction == 0) return false;
  if (!text.starts_with('e') && !text.starts_with('E')) return text.empty();
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return take_digits(text) > 0 && text.empty();
}

}  // namespace
}  // namespace text_numbers_detail

std::optional<double> parse_number(std::string_view text) {
  if (!text_numbers_detail::well_formed(text)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);  // from_chars knows no plus sign
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string number_text(double value) {
  char buffer[64];
  const bool whole = value == std::floor(value) && std::fabs(value) < 1e7;
  const auto end = whole ? std::to_chars(buffer, buffer + sizeof buffer, static_cast<long long>(value))
                         : std::to_chars(buffer, buffer + sizeof buffer, value);
  return {buffer, end.ptr};
}

}  // namespace loom
