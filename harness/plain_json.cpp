// SPDX-License-Identifier: Apache-2.0
#include "harness/plain_json.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <string>

namespace loom {
namespace plain_json_detail {
namespace {

// Bitwise or, not a branch for each byte, so that it is vectorised.
bool printable(std::string_view text) {
  bool other = false;
  for (const char c : text) other |= (c < ' ') | (c > '~') | (c == '\\');
  return !other;
}

class Reader {
 public:
  Reader(std::string_view text, nlohmann::json_sax<Json>& events)
      : at_(text.data()), end_(text.data() + text.size()), events_(events) {}

  bool document() {
    if (!value()) return false;
    skip_space();
    return at_ == end_;
  }

 private:
  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool take(std::string_view word) {
    if (!std::string_view(at_, end_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool digits() {
    const char* first = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != first;
  }

  // Events nest no deeper than their sink allows.
  bool value() {
    skip_space();
    if (at_ == end_) return false;
    switch (*at_) {
      case '{':
        return object();
      case '[':
        return array();
      case '"':
        return text() && events_.string(text_);
      case 't':
        return take("true") && events_.boolean(true);
      case 'f':
        return take("false") && events_.boolean(false);
      case 'n':
        return take("null") && events_.null();
      default:
        return number();
    }
  }

  bool object() {
    ++at_;
    events_.start_object(static_cast<size_t>(-1));
    skip_space();
    if (take('}')) return events_.end_object();
    do {
      skip_space();
      if (!text() || !events_.key(text_)) return false;
      skip_space();
      if (!take(':') || !value()) return false;
      skip_space();
    } while (take(','));
    return take('}') && events_.end_object();
  }

  bool array() {
    ++at_;
    events_.start_array(static_cast<size_t>(-1));
    skip_space();
    if (take(']')) return events_.end_array();
    do {
      if (!value()) return false;
      skip_space();
    } while (take(','));
    return take(']') && events_.end_array();
  }

  bool text() {
    if (!take('"')) return false;
    const void* quote = std::memchr(at_, '"', static_cast<size_t>(end_ - at_));
    if (quote == nullptr) return false;
    const std::string_view found(at_, static_cast<const char*>(quote));
    if (!printable(found)) return false;  // a backslash may stand before this very quote
    text_ = found;
    at_ += found.size() + 1;
    return true;
  }

  bool number() {
    const char* first = at_;
    const bool negative = take('-');
    const char* whole = at_;
    if (!digits() || (*whole == '0' && at_ - whole > 1)) return false;
    const char* end_of_whole = at_;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    if (at_ != end_of_whole) return real(first);
    if (end_of_whole - whole > 18) return false;
    int64_t value = 0;
    std::from_chars(first, at_, value);
    return negative ? events_.number_integer(value) : events_.number_unsigned(static_cast<uint64_t>(value));
  }

  bool real(const char* first) {
    double value = 0;
    const auto [end, error] = std::from_chars(first, at_, value);
    return error == std::errc() && end == at_ && std::isfinite(value) && events_.number_float(value, "");
  }

  const char* at_;
  const char* end_;
  nlohmann::json_sax<Json>& events_;
  std::string text_;
};

}  // namespace
}  // namespace plain_json_detail

bool read_plain_json(std::string_view text, nlohmann::json_sax<Json>& events) {
  return plain_json_detail::Reader(text, events).document();
}

}  // namespace loom
