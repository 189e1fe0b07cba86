// SPDX-License-Identifier: Apache-2.0
#include "harness/svg_text.h"

#include <array>
#include <cstdio>

#include "harness/utf8.h"

namespace loom::svg {

std::string number(double value, int decimals) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", decimals, value);
  return text.data();
}

std::string escaped(const std::string& words) {
  std::string out;
  for (const char c : printable(words)) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string text(double x, double y, const char* anchor, const std::string& words, const char* kind) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\" class=\"" + kind +
         "\">" + escaped(words) + "</text>";
}

std::string frame(double x, double y, double wide, double high) {
  return "<rect x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(wide) + "\" height=\"" +
         number(high) + "\" class=\"frame\"/>";
}

std::string document(double wide, double high, const std::string& body, const char* label) {
  const std::string width = number(wide, 0), height = number(high, 0);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + width + " " + height + "\" width=\"" + width +
         "\" height=\"" + height + "\" role=\"img\" aria-label=\"" + label +
         "\">\n"
         "<style>text{font:11px sans-serif;fill:#222}.title{font-weight:bold}.note{fill:#555}"
         ".frame{fill:#fff;stroke:#999}.band{fill:#0072b2;fill-opacity:.2}.found{fill:none;stroke:#0072b2;"
         "stroke-width:2}.truth{fill:none;stroke:#d55e00;stroke-width:1.5;stroke-dasharray:5 3}"
         ".dot{fill:#0072b2}.fabric{fill:#c24e00;font-weight:bold}.monolith{fill:#0072b2;font-weight:bold}"
         ".other{fill:#555;font-weight:bold}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n" +
         body + "</svg>\n";
}

}  // namespace loom::svg
