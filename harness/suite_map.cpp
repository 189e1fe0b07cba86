// SPDX-License-Identifier: Apache-2.0
#include "harness/suite_map.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/svg_text.h"
#include "harness/table_parts.h"
#include "harness/utf8.h"

namespace loom {
namespace suite_map_detail {
namespace {

constexpr int kRows = 17, kColumns = 64;

char mark_of(const PredictorCell& cell) {
  if (cell.decided()) return cell.fabric() ? 'F' : 'M';
  return cell.verdict == "tied" ? '=' : '?';
}

struct Range {
  double low = 0, high = 1;
  double place(double value) const { return high > low ? (value - low) / (high - low) : 0.5; }
};

Range range_of(const SuiteMap& map, double (*value)(const SuiteDot&)) {
  const auto [low, high] = std::ranges::minmax(map.dots, {}, value);
  const double room = std::max(0.05 * (value(high) - value(low)), 0.05);
  return {value(low) - room, value(high) + room};
}

double across(const SuiteDot& dot) { return dot.distance; }
double upward(const SuiteDot& dot) { return std::log10(dot.values); }

std::string count_text(double log10_value) { return std::to_string(std::llround(std::pow(10, log10_value))); }

}  // namespace
}  // namespace suite_map_detail

using namespace suite_map_detail;

std::vector<SuiteMap> suite_maps(std::span<const PredictorCell> cells) {
  std::vector<SuiteMap> maps;
  for (const char* column : {"serving", "memory", "free"}) {
    SuiteMap map{.title = column, .dots = {}};
    std::set<std::string> seen;
    for (const PredictorCell& cell : cells)
      if (cell.column == column && cell.share == 1 && seen.insert(cell.suite).second)
        map.dots.push_back({cell.suite, cell.landmarks.distance, cell.landmarks.values, mark_of(cell)});
    if (!map.dots.empty()) maps.push_back(map);
  }
  return maps;
}

std::string map_text(const SuiteMap& map) {
  if (map.dots.empty()) return "";
  const Range x = range_of(map, across), y = range_of(map, upward);
  std::vector<std::string> rows(kRows, std::string(kColumns, ' '));
  const auto place = [&](const SuiteDot& dot) {
    return std::pair(static_cast<size_t>(std::llround((1 - y.place(upward(dot))) * (kRows - 1))),
                     static_cast<size_t>(std::llround(x.place(across(dot)) * (kColumns - 1))));
  };
  for (const SuiteDot& dot : map.dots) rows[place(dot).first][place(dot).second] = dot.mark;
  for (const SuiteDot& dot : map.dots) {  // names where there is room for them
    const auto [row, column] = place(dot);
    const std::string name = printable(dot.name);
    const size_t wide = name.size() + 2;
    const auto is_free = [&](size_t begin) {
      return rows[row].substr(begin, wide).find_first_not_of(' ') == std::string::npos;
    };
    if (column + 1 + wide <= kColumns && is_free(column + 1))
      rows[row].replace(column + 2, name.size(), name);
    else if (column >= wide && is_free(column - wide))
      rows[row].replace(column - 1 - name.size(), name.size(), name);
  }
  std::string out = printable(map.title) + "\n";
  for (int row = 0; row < kRows; ++row) {
    std::string tick;
    if (row % 4 == 0) tick = count_text(y.high - (y.high - y.low) * row / (kRows - 1));
    out += std::string(8 - std::min<size_t>(tick.size(), 8), ' ') + tick + " |" + rows[static_cast<size_t>(row)] + "\n";
  }
  out += std::string(9, ' ') + "+" + std::string(kColumns, '-') + "\n" + std::string(10, ' ');
  out += table_parts::decimal(x.low, 2) + std::string(kColumns - 10, ' ') + table_parts::decimal(x.high, 2) + "\n";
  return out +
         "          across: distance of the domains, ln(loss on others' data / on one's own); up: labels or bytes\n"
         "          of a domain.  F fabric better, M monolith better, = tied, ? undecided, * yours\n";
}

std::string maps_svg(const std::vector<SuiteMap>& maps) {
  constexpr double kWide = 400, kHigh = 330, kLeft = 56, kTop = 34, kPlotWide = 320, kPlotHigh = 240;
  std::string body;
  for (size_t i = 0; i < maps.size(); ++i) {
    const double left = static_cast<double>(i) * kWide + kLeft;
    const Range x = range_of(maps[i], across), y = range_of(maps[i], upward);
    body += svg::text(left, kTop - 12, "start", maps[i].title, "title");
    body += svg::frame(left, kTop, kPlotWide, kPlotHigh);
    for (int tick = 0; tick <= 4; ++tick) {
      const double share = tick / 4.0;
      body += svg::text(left - 6, kTop + kPlotHigh * (1 - share) + 4, "end",
                        count_text(y.low + (y.high - y.low) * share), "note");
      body += svg::text(left + kPlotWide * share, kTop + kPlotHigh + 14, "middle",
                        table_parts::decimal(x.low + (x.high - x.low) * share, 2), "note");
    }
    for (const SuiteDot& dot : maps[i].dots) {
      const double across_at = left + kPlotWide * x.place(across(dot)),
                   down = kTop + kPlotHigh * (1 - y.place(upward(dot)));
      const bool right = x.place(across(dot)) > 0.7;
      body += svg::text(across_at, down + 4, "middle", std::string(1, dot.mark),
                        dot.mark == 'F'   ? "fabric"
                        : dot.mark == 'M' ? "monolith"
                                          : "other");
      body += svg::text(across_at + (right ? -9 : 9), down + 4, right ? "end" : "start", dot.name, "note");
    }
    body += svg::text(left + kPlotWide / 2, kTop + kPlotHigh + 30, "middle", "distance of the domains", "note");
  }
  body +=
      svg::text(kLeft, kHigh - 8, "start",
                "up: labels or bytes of a domain.  F fabric better, M monolith better, = tied, ? undecided", "note");
  return svg::document(kWide * static_cast<double>(maps.size()), kHigh, body);
}

}  // namespace loom
