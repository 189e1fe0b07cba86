// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <span>
#include <string>
#include <string_view>

#include "harness/json.h"

namespace loom::report {

// HTML that is safe to write. Plain text turns into it through escaping alone: a name from a config cannot reach the
// page as markup.
class Markup {
 public:
  Markup() = default;
  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  Markup& operator+=(const Markup& more) {
    text_ += more.text_;
    return *this;
  }

 private:
  explicit Markup(std::string text) : text_(std::move(text)) {}
  friend Markup escaped(std::string_view plain);
  friend Markup fill(std::string_view format, std::span<const Markup> values);
  std::string text_;
};

// For text and for attributes in double quotes. Line feeds and tabs stay, other control characters and invalid UTF-8
// become '?'.
Markup escaped(std::string_view plain);
// What stands for each {} of `format`, in order. For html() below.
Markup fill(std::string_view format, std::span<const Markup> values);

// Markup as this program's sources write it.
class Literal {
 public:
  consteval Literal(const char* markup) : text(markup) {}  // NOLINT(google-explicit-constructor)
  std::string_view text;
};

inline const Markup& as_markup(const Markup& value) { return value; }
inline Markup as_markup(std::string_view plain) { return escaped(plain); }
inline Markup as_markup(std::integral auto number) { return escaped(std::to_string(number)); }

// html("<td>{}</td>", name): values that are not Markup are escaped.
template <class... Values>
Markup html(Literal format, const Values&... values) {
  const std::array<Markup, sizeof...(Values)> pieces = {as_markup(values)...};
  return fill(format.text, pieces);
}

// For the inside of <script type="application/json">: no '<', '>' or '&', ASCII only.
std::string script_json(const Json& value);
// The path of a data: URL, after its comma; ASCII without any character that HTML or URLs give a meaning.
std::string percent_encoded(std::string_view bytes);

}  // namespace loom::report
