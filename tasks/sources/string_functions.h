// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace loom::sources {

// Functions from strings to strings that suites ask for and compose.
std::string reversed(std::string text);
std::string sorted(std::string text);
std::string first_occurrences(const std::string& text);  // each character once, in order of its first place
std::string rotated(const std::string& text);            // the first character goes last
std::string swapped(std::string text);                   // neighbours 0 1, 2 3, ... change places
std::string three_more(std::string digits);              // every digit + 3 modulo 10

}  // namespace loom::sources
