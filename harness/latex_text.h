// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace loom {

// `text` as pdflatex prints it, whatever it holds: its special characters escaped, the signs that tables use as
// mathematics, other letters beyond ASCII as <U+4E2D>, control characters as '?'.
std::string latex_text(const std::string& text);

// A label's name: other characters than letters, digits and '-' become '-'.
std::string latex_label(const std::string& text);

}  // namespace loom
