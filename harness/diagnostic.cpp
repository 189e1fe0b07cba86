// SPDX-License-Identifier: Apache-2.0
#include "harness/diagnostic.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>
#include <tuple>

#include "harness/error.h"
#include "harness/json.h"
#include "harness/utf8.h"

namespace loom {
namespace diagnostic_detail {
namespace {

constexpr size_t kPrintedMax = 50;  // a flood hides the first mistake, which is the one to mend
constexpr size_t kQuoteMax = 110;   // longer lines (a lock is one line of JSON) are shown around the place
constexpr std::string_view kCommandLine = "command line";

std::string_view line_of(std::string_view text, int line) {
  for (int i = 1; i < line; ++i) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  while (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

// Drops the first `count` characters.
std::string_view skip(std::string_view text, size_t count) { return text.substr(first_characters(text, count).size()); }

struct Window {
  std::string text;   // printable part of the line
  size_t column = 0;  // 0-based place in it
};

Window window(std::string_view line, size_t column) {
  if (character_count(line) <= kQuoteMax) return {printable(line), column};
  const size_t start = column > kQuoteMax / 3 ? column - kQuoteMax / 3 : 0;
  const std::string_view rest = skip(line, start);
  const std::string_view beyond = skip(rest, kQuoteMax);
  const std::string head = start > 0 ? "..." : "";
  const std::string tail = beyond.empty() ? "" : "...";
  return {head + printable(rest.substr(0, rest.size() - beyond.size())) + tail, column - start + head.size()};
}

bool same_place(const Mark& a, const Mark& b) { return a.line == b.line && a.column == b.column && a.file == b.file; }

bool on_command_line(const Mark& mark) { return mark.file.starts_with(kCommandLine); }

std::string place(const Mark& mark) {
  if (on_command_line(mark)) return std::string(kCommandLine);
  std::string out = printable(mark.file);
  if (mark.line > 0) out += ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
  return out;
}

}  // namespace
}  // namespace diagnostic_detail

void Diagnostics::source(const std::string& file, std::string text) {
  for (auto& [name, known] : sources_) {
    if (name == file) {
      known = std::move(text);
      return;
    }
  }
  sources_.emplace_back(file, std::move(text));
}

// Values shared by several suites are checked once per suite: the same mistake is told once.
void Diagnostics::error(const Mark& mark, std::string message, std::string suggestion, std::string help) {
  ++told_;
  repeated_ = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return diagnostic_detail::same_place(entry.mark, mark) && entry.message == message;
  });
  if (!repeated_) entries_.push_back({mark, std::move(message), std::move(suggestion), std::move(help), {}});
}

void Diagnostics::note(const Mark& mark, std::string message) {
  if (repeated_ || entries_.empty()) return;
  entries_.back().notes.push_back({mark, std::move(message)});
}

std::vector<const Diagnostics::Entry*> Diagnostics::sorted() const {
  const auto rank = [&](const std::string& file) {
    const auto at =
        std::find_if(sources_.begin(), sources_.end(), [&](const auto& item) { return item.first == file; });
    return at - sources_.begin();
  };
  std::vector<const Entry*> out;
  for (const Entry& entry : entries_) out.push_back(&entry);
  std::stable_sort(out.begin(), out.end(), [&](const Entry* a, const Entry* b) {
    return std::tuple(rank(a->mark.file), a->mark.line, a->mark.column) <
           std::tuple(rank(b->mark.file), b->mark.line, b->mark.column);
  });
  return out;
}

std::string Diagnostics::quoted(const Mark& mark, const std::string& suggestion) const {
  using namespace diagnostic_detail;
  const auto at =
      std::find_if(sources_.begin(), sources_.end(), [&](const auto& item) { return item.first == mark.file; });
  const std::string_view line = at == sources_.end() || mark.line == 0 ? "" : line_of(at->second, mark.line);
  if (line.empty() || mark.column < 1) return suggestion.empty() ? "" : "   " + printable(suggestion) + "\n";
  const Window shown = window(line, static_cast<size_t>(mark.column - 1));
  char gutter[32];
  std::snprintf(gutter, sizeof gutter, on_command_line(mark) ? "      | " : "%5d | ", mark.line);
  std::string under;
  for (size_t i = 0; i < shown.column; ++i) under += i < shown.text.size() && shown.text[i] == '\t' ? '\t' : ' ';
  const size_t width = character_count(shown.text);
  const size_t room = width > shown.column ? width - shown.column : 1;
  const size_t length = std::clamp<size_t>(mark.length < 1 ? 1 : static_cast<size_t>(mark.length), 1, room);
  under += "^" + std::string(length - 1, '~');
  const std::string blank(std::string_view(gutter).find('|'), ' ');
  return gutter + shown.text + "\n" + blank + "| " + under + (suggestion.empty() ? "" : " " + printable(suggestion)) +
         "\n";
}

std::string Diagnostics::text() const {
  using diagnostic_detail::place;
  std::string out;
  size_t printed = 0;
  for (const Entry* entry : sorted()) {
    if (++printed > diagnostic_detail::kPrintedMax) break;
    out += place(entry->mark) + ": error: " + printable(entry->message) + "\n" + quoted(entry->mark, entry->suggestion);
    for (const Note& note : entry->notes) {
      out += place(note.mark) + ": note: " + printable(note.message) + "\n" + quoted(note.mark, "");
    }
    if (!entry->help.empty()) out += "   " + printable(entry->help) + "\n";
  }
  if (printed > diagnostic_detail::kPrintedMax) {
    out += "... and " + std::to_string(count() - diagnostic_detail::kPrintedMax) + " more\n";
  }
  if (!empty()) out += std::to_string(count()) + (count() == 1 ? " error" : " errors") + "; nothing was run";
  return out;
}

std::string Diagnostics::json() const {
  const auto place = [](const Mark& mark) {
    return Json{{"file", printable(mark.file)}, {"line", mark.line}, {"column", mark.column}};
  };
  Json out = Json::array();
  for (const Entry* entry : sorted()) {
    Json item = place(entry->mark);
    item["message"] = printable(entry->message);
    item["suggestion"] = printable(entry->suggestion);
    item["help"] = printable(entry->help);
    item["notes"] = Json::array();
    for (const Note& note : entry->notes) {
      Json second = place(note.mark);
      second["message"] = printable(note.message);
      item["notes"].push_back(second);
    }
    out.push_back(item);
  }
  return canonical(out);
}

void Diagnostics::throw_if_any() const {
  if (!empty()) throw InputError(text());
}

}  // namespace loom
