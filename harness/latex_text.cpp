// SPDX-License-Identifier: Apache-2.0
#include "harness/latex_text.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "harness/utf8.h"

namespace loom {
namespace latex_text_detail {
namespace {

struct Sign {
  std::string_view character, latex;
};

constexpr auto kSigns = std::to_array<Sign>({{"\\", "\\textbackslash{}"},
                                             {"~", "\\textasciitilde{}"},
                                             {"^", "\\textasciicircum{}"},
                                             {"%", "\\%"},
                                             {"_", "\\_"},
                                             {"&", "\\&"},
                                             {"#", "\\#"},
                                             {"$", "\\$"},
                                             {"{", "\\{"},
                                             {"}", "\\}"},
                                             {"<", "$<$"},
                                             {">", "$>$"},
                                             {"|", "$|$"},
                                             {"\"", "\\texttt{\\char34}"},
                                             {"`", "\\textasciigrave{}"},
                                             {"±", "$\\pm$"},
                                             {"†", "$\\dagger$"},
                                             {"·", "$\\cdot$"},
                                             {"µ", "$\\mu$"},
                                             {"…", "\\ldots{}"}});

uint32_t code_point(std::string_view sequence) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(sequence[i]); };
  constexpr std::array<uint32_t, 5> kLeadBits = {0, 0x7F, 0x1F, 0x0F, 0x07};
  uint32_t value = byte(0) & kLeadBits[sequence.size()];
  for (size_t i = 1; i < sequence.size(); ++i) value = value << 6 | (byte(i) & 0x3F);
  return value;
}

std::string one(std::string_view sequence) {
  for (const Sign& sign : kSigns)
    if (sign.character == sequence) return std::string(sign.latex);
  if (sequence.size() == 1) return std::string(sequence);
  char text[24];
  std::snprintf(text, sizeof text, "$<$U+%04X$>$", code_point(sequence));
  return text;
}

}  // namespace
}  // namespace latex_text_detail

std::string latex_text(const std::string& text) {
  const std::string plain = printable(text);  // valid UTF-8 from here on
  std::string out;
  for (size_t at = 0; at < plain.size();) {
    const size_t length = utf8_sequence_length(plain, at);
    const bool ligature = (plain[at] == '-' || plain[at] == '\'') && out.ends_with(plain[at]);  // -- would be a dash
    out += (ligature ? "{}" : "") + latex_text_detail::one(std::string_view(plain).substr(at, length));
    at += length;
  }
  return out;
}

std::string latex_label(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || (!out.empty() && out.back() != '-')) out += plain ? c : '-';
  }
  return out;
}

}  // namespace loom
