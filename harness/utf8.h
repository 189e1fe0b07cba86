// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace loom {

// Bytes of the UTF-8 sequence at `at`; 0 when there is none: stray or missing continuation, overlong, surrogate, beyond
// U+10FFFF.
size_t utf8_sequence_length(std::string_view text, size_t at);
// Whether the valid sequence of `length` bytes at `at` is a control character (C0, DEL, C1), tab and line feed
// included.
bool utf8_control(std::string_view text, size_t at, size_t length);
// `text` fit for one line of a terminal: control characters but tab, and invalid bytes, become '?'.
std::string printable(std::string_view text);
// Characters (code points) of UTF-8 text; an invalid byte counts as one. Columns and lengths of a Mark count these.
size_t character_count(std::string_view text);
std::string_view first_characters(std::string_view text, size_t count);  // all where there are no more
// At most `count` characters, the last of them an ellipsis where something is cut.
std::string shortened(const std::string& text, size_t count);

}  // namespace loom
