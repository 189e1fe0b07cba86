// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/time_series.h"

#include <algorithm>
#include <cmath>

#include "tasks/sources/csv.h"
#include "tasks/sources/refuse.h"
#include "tasks/sources/scale.h"

namespace loom::sources {
namespace time_series_detail {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// Cuts what stands before the first `separator` off `rest`; all of it where there is none.
std::string_view cut(std::string_view& rest, std::string_view separators) {
  const size_t end = std::min(rest.find_first_of(separators), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim(part);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

class Reader {
 public:
  Reader(const std::filesystem::path& file, TimeSeries& result) : file_(file), result_(result) {}

  void read(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) refuse(file_, 0, "is not text: it holds NUL bytes");
    while (!text.empty()) {
      ++line_;
      const std::string_view line = cut(text, "\n");
      if (line.empty() || line.front() == '#') continue;
      if (in_data_)
        add_series(line);
      else
        read_header(line);
    }
    if (!in_data_) refuse(file_, 0, "has no @data: it is no .ts file, or cut short");
    if (result_.label.empty()) refuse(file_, 0, "holds no series");
  }

 private:
  void read_header(std::string_view line) {
    const std::string_view whole = line;
    const std::string key = lower(cut(line, kBlanks));
    const std::string value = lower(trim(line));
    if (!key.starts_with('@')) refuse(file_, line_, "a header line begins with '@', this one with " + in_quotes(whole));
    if (key == "@timestamps" && value != "false") refuse(file_, line_, "time stamps are not read");
    if (key == "@missing" && value != "false") refuse(file_, line_, "series with missing values are not read");
    if (key == "@classlabel") read_classes(line);
    if (key != "@data") return;
    if (result_.classes.empty()) refuse(file_, line_, "the header has no '@classLabel true NAME ...'");
    in_data_ = true;
  }

  void read_classes(std::string_view rest) {
    result_.classes.clear();
    const std::string given = lower(cut(rest, kBlanks));
    if (given != "true") refuse(file_, line_, "'@classLabel true NAME ...' is needed, here " + in_quotes(given));
    while (!rest.empty()) {
      const std::string name(cut(rest, kBlanks));
      if (name.empty()) continue;
      if (std::ranges::count(result_.classes, name) > 0)
        refuse(file_, line_, "two classes are called " + in_quotes(name));
      result_.classes.push_back(name);
      if (result_.classes.size() > kClassesMax) refuse(file_, line_, "names more than 1000 classes");
    }
  }

  void add_series(std::string_view line) {
    const size_t colon = line.rfind(':');
    if (colon == std::string_view::npos) refuse(file_, line_, "no ':' parts the values from a class");
    std::string_view rest = line.substr(0, colon);
    int64_t channels = 0;
    for (bool more = true; more; ++channels) {
      more = rest.find(':') != std::string_view::npos;
      add_channel(cut(rest, ":"));
    }
    if (result_.channels == 0) result_.channels = channels;
    if (channels != result_.channels)
      refuse(file_, line_,
             "the series has " + std::to_string(channels) + " channels, the first has " +
                 std::to_string(result_.channels));
    const auto found = std::ranges::find(result_.classes, trim(line.substr(colon + 1)));
    if (found == result_.classes.end())
      refuse(file_, line_, "class " + in_quotes(trim(line.substr(colon + 1))) + " is not in the header");
    result_.label.push_back(static_cast<int32_t>(found - result_.classes.begin()));
    result_.line.push_back(line_);
  }

  void add_channel(std::string_view rest) {
    int64_t length = 0;
    for (bool more = true; more; ++length) {
      more = rest.find(',') != std::string_view::npos;
      const std::string_view cell = cut(rest, ",");
      const auto value = as_number(cell);
      if (!value || !(std::abs(*value) <= kNumberMax))
        refuse(file_, line_, "a number is needed, but here is " + (cell.empty() ? "nothing" : in_quotes(cell)));
      result_.values.push_back(static_cast<float>(*value));
    }
    if (result_.length == 0) result_.length = length;
    if (length != result_.length)
      refuse(file_, line_,
             "a channel has " + std::to_string(length) + " values, the first has " + std::to_string(result_.length));
  }

  static constexpr size_t kClassesMax = 1000;
  const std::filesystem::path& file_;
  TimeSeries& result_;
  int64_t line_ = 0;
  bool in_data_ = false;
};

}  // namespace
}  // namespace time_series_detail

TimeSeries read_ts(const std::filesystem::path& file, std::string_view text) {
  TimeSeries result;
  time_series_detail::Reader(file, result).read(text);
  return result;
}

std::vector<float> resampled(std::span<const float> values, int64_t points) {
  std::vector<float> result;
  const auto last = static_cast<double>(values.size() - 1);
  for (int64_t i = 0; i < points; ++i) {
    const double at = points == 1 ? 0 : last * static_cast<double>(i) / static_cast<double>(points - 1);
    const auto before = static_cast<size_t>(at);
    const size_t after = std::min(before + 1, values.size() - 1);
    const double share = at - std::floor(at);
    result.push_back(static_cast<float>((1 - share) * values[before] + share * values[after]));
  }
  return result;
}

}  // namespace loom::sources
