// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

// Pieces of a drawing. Words come from configs and are escaped; classes are those of document()'s style.
namespace loom::svg {

std::string number(double value, int decimals = 1);
std::string escaped(const std::string& words);
// anchor: start | middle | end
std::string text(double x, double y, const char* anchor, const std::string& words, const char* kind);
std::string frame(double x, double y, double wide, double high);
// White, with the style of all drawings: title, note, frame, band, found, truth, dot, fabric, monolith, other.
std::string document(double wide, double high, const std::string& body, const char* label = "map of suites");

}  // namespace loom::svg
