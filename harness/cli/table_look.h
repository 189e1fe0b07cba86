// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace loom {

// How `loom table` and the table of `loom run` look on a terminal and elsewhere.

// choice: auto, always or never. auto: on a terminal, or where CLICOLOR_FORCE is set, unless NO_COLOR is; a variable
// that is empty counts as not set.
bool wants_colour(const std::string& choice, bool terminal);

// Columns of a line of text: those of the terminal that standard output is, 100 at least; else 150.
size_t line_width(bool terminal);

}  // namespace loom
