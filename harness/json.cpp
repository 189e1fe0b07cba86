// SPDX-License-Identifier: Apache-2.0
#include "harness/json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "harness/error.h"
#include "harness/plain_json.h"

namespace loom {
namespace json_detail {
namespace {

constexpr size_t kMaxDepth = 64;
constexpr size_t kMaxQuoteBytes = 120;

// What the file says may be hostile or binary: quote little of it, in printable ASCII.
std::string quotable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kMaxQuoteBytes)) out += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > kMaxQuoteBytes ? out + "..." : out;
}

// nlohmann's own DOM parser keeps the last of two equal keys and nests without limit (dumping 10^5 levels overflows the
// stack), so the value is built here, from events.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view what, std::span<const std::string_view> unread) : what_(what), unread_(unread) {}
  Json take() { return std::move(root_); }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { refuse("binary value"); }
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (skipped_ > 0) return true;
    if (open_.back()->contains(name)) refuse("duplicate key '" + quotable(name) + "'");
    key_ = std::move(name);
    skip_ = open_.size() == 1 && std::ranges::find(unread_, key_) != unread_.end();
    return true;
  }

  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    std::string_view text = error.what();
    if (const size_t end = text.find("] "); end != text.npos) text.remove_prefix(end + 2);
    refuse(quotable(text));
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const { throw InputError(what_ + ": not valid JSON: " + why); }

  Json* place(Json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    Json& parent = *open_.back();
    if (parent.is_object()) return &(parent[std::move(key_)] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  bool put(Json value) {
    if (skipped_ > 0) return true;
    return place(std::exchange(skip_, false) ? Json() : std::move(value)) != nullptr;
  }

  bool open(Json value) {
    if (open_.size() + skipped_ == kMaxDepth) refuse("nested deeper than " + std::to_string(kMaxDepth));
    if (skip_ || skipped_ > 0) {
      put(nullptr);
      ++skipped_;
    } else {
      open_.push_back(place(std::move(value)));
    }
    return true;
  }

  bool close() {
    if (skipped_ > 0)
      --skipped_;
    else
      open_.pop_back();
    return true;
  }

  std::string what_;
  Json root_;
  std::vector<Json*> open_;  // stable: a parent takes no further child while one of its children is open
  std::string key_;
  std::span<const std::string_view> unread_;
  bool skip_ = false;   // the next value is not kept
  size_t skipped_ = 0;  // containers open inside such a value, itself included
};

// Where a value has no JSON text, with the reason; empty when all is well. The path is built on the way back only.
std::string flaw(const Json& value, size_t depth) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) return ": non-finite number";
  if (value.is_binary() || value.is_discarded()) return ": no text form";
  if (!value.is_structured()) return "";
  if (depth == kMaxDepth) return ": nested too deeply";
  for (const auto& item : value.items()) {
    if (const std::string found = flaw(item.value(), depth + 1); !found.empty()) return "/" + item.key() + found;
  }
  return "";
}

}  // namespace
}  // namespace json_detail

Json parse_json(std::string_view text, std::string_view what, std::span<const std::string_view> unread) {
  // nlohmann takes a zero byte for the end of the text and would not look at what follows.
  if (text.find('\0') != text.npos) throw InputError(std::string(what) + ": not valid JSON: zero byte");
  if (json_detail::Builder plain(what, unread); read_plain_json(text, plain)) return plain.take();
  json_detail::Builder builder(what, unread);
  Json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

std::string canonical(const Json& value) {
  // dump() alone would write NaN as null, silently.
  const std::string flaw = json_detail::flaw(value, 0);
  check(flaw.empty(), "JSON that cannot be written at $" + flaw);
  try {
    return value.dump();
  } catch (const Json::type_error& error) {
    throw InputError("text that is not UTF-8 cannot be written as JSON: " + json_detail::quotable(error.what()));
  }
}

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json number_or_null(const std::optional<double>& value) { return value ? number_or_null(*value) : Json(nullptr); }

Json numbers_or_null(std::span<const double> values) {
  Json out = Json::array();
  for (const double value : values) out.push_back(number_or_null(value));
  return out;
}

}  // namespace loom
