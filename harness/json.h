// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace loom {

// Objects are kept with sorted keys, so dumping a value is already canonical.
using Json = nlohmann::json;

// Strict reader: depth at most 64, no duplicate keys, one value, UTF-8. Throws InputError naming `what`. The values of
// the outermost keys `unread` are passed over and null in the result: of a large file, most need not be built.
Json parse_json(std::string_view text, std::string_view what, std::span<const std::string_view> unread = {});

// Text with sorted keys and no spaces that reads back to the same bits. Non-finite numbers are refused: write them as
// null or text.
std::string canonical(const Json& value);

// JSON has no NaN and no infinity: what is not finite, or absent, is null.
Json number_or_null(double value);
Json number_or_null(const std::optional<double>& value);
Json numbers_or_null(std::span<const double> values);  // an array

}  // namespace loom
