// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loom {

// A finite decimal number as configs write it: 64, -1, 2e-3, .5, 1e5. No leading zeros, hexadecimal, nan or separators.
std::optional<double> parse_number(std::string_view text);
// Shortest text that reads back as the same number, whole ones without a point: 64, 0.002, 1e+12.
std::string number_text(double value);

}  // namespace loom
