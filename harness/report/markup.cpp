// SPDX-License-Identifier: Apache-2.0
#include "harness/report/markup.h"

#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/utf8.h"

namespace loom::report {
namespace markup_detail {
namespace {

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

bool unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~' || c == ',' || c == ':' || c == ';';
}

}  // namespace
}  // namespace markup_detail

Markup escaped(std::string_view plain) {
  std::string out;
  out.reserve(plain.size());
  for (size_t at = 0; at < plain.size();) {
    const size_t length = utf8_sequence_length(plain, at);
    const bool kept = plain[at] == '\n' || plain[at] == '\t';
    if (length == 0 || (utf8_control(plain, at, length) && !kept)) {
      out += '?';
    } else if (const auto name = markup_detail::entity(plain[at]); !name.empty()) {
      out += name;
    } else {
      out += plain.substr(at, length);
    }
    at += std::max<size_t>(length, 1);
  }
  return Markup(std::move(out));
}

Markup fill(std::string_view format, std::span<const Markup> values) {
  std::string out;
  size_t from = 0;
  for (const Markup& value : values) {
    const size_t at = format.find("{}", from);
    check(at != format.npos, "more values than places in a piece of markup");
    out += format.substr(from, at - from);
    out += value.text();
    from = at + 2;
  }
  check(format.find("{}", from) == format.npos, "fewer values than places in a piece of markup");
  out += format.substr(from);
  return Markup(std::move(out));
}

std::string script_json(const Json& value) {
  std::string out;
  for (const char c : value.dump(-1, ' ', true, Json::error_handler_t::replace)) {
    if (c == '<')
      out += "\\u003c";
    else if (c == '>')
      out += "\\u003e";
    else if (c == '&')
      out += "\\u0026";
    else
      out += c;
  }
  return out;
}

std::string percent_encoded(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    if (markup_detail::unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

}  // namespace loom::report
