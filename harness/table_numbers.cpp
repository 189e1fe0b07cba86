// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "harness/table_parts.h"

namespace loom::table_parts {
namespace {

std::string fixed(double value, int decimals) {
  std::array<char, 400> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
  return {buffer.data(), static_cast<size_t>(std::clamp(length, 0, static_cast<int>(buffer.size()) - 1))};
}

// Three significant digits.
std::string short_number(double value) { return fixed(value, value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2); }

}  // namespace

std::string decimal(double value, int decimals) {
  if (!std::isfinite(value)) return "-";
  std::string text = fixed(value, decimals);
  const size_t digit = text[0] == '-' ? 1 : 0;
  if (text[digit] == '0' && text.size() > digit + 1) text.erase(digit, 1);
  return text.find_first_of("123456789") == text.npos && digit == 1 ? text.substr(1) : text;  // no negative zero
}

std::string signed_decimal(double value, int decimals) {
  const std::string text = decimal(value, decimals);
  return text[0] == '-' ? text : "+" + text;
}

std::string with_half(double mean, const std::optional<Interval>& interval, bool plus) {
  if (!std::isfinite(mean)) return "-";
  const double half = interval ? (interval->high - interval->low) / 2 : 0;
  const int digits = half > 0 ? static_cast<int>(std::clamp(-std::floor(std::log10(half)), 2.0, 5.0)) : 3;
  const std::string value = plus ? signed_decimal(mean, digits) : decimal(mean, digits);
  return value + (half > 0 ? " ±" + decimal(half, digits) : "");
}

std::string count_text(double value) {
  if (!std::isfinite(value)) return "-";
  if (value < 999.5) return fixed(value, 0);
  const char* const units[] = {"k", "M", "G", "T", "P", "E"};
  size_t unit = 0;
  value /= 1000;
  for (; value >= 999.5 && unit + 1 < std::size(units); ++unit) value /= 1000;
  return short_number(value) + units[unit];
}

std::string seconds_text(double value) {
  if (!std::isfinite(value)) return "-";
  if (value == 0) return "0 s";
  if (value < 999.5e-9) return short_number(value * 1e9) + " ns";
  if (value < 999.5e-6) return short_number(value * 1e6) + " µs";
  if (value < 999.5e-3) return short_number(value * 1e3) + " ms";
  return short_number(value) + " s";
}

std::string probability_text(double p) { return p < 0.0005 ? "<.001" : p >= 0.9995 ? "1" : decimal(p, 3); }

int decimals(const ComparedBlock& block) {
  std::vector<double> halves;
  for (const ComparedRow& row : block.rows)
    if (row.interval && row.interval->high > row.interval->low) {
      halves.push_back((row.interval->high - row.interval->low) / 2);
    }
  if (halves.empty()) return 3;
  return static_cast<int>(std::clamp(-std::floor(std::log10(quantile(halves, 0.5))), 2.0, 5.0));
}

}  // namespace loom::table_parts
