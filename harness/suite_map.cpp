// SPDX-License-Identifier: Apache-2.0
#include "harness/suite_map.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "harness/budgets.h"
#include "harness/table_parts.h"
#include "harness/text_numbers.h"
#include "harness/utf8.h"

namespace loom {
namespace suite_map_detail {
namespace {

constexpr int kRows = 17, kColumns = 64;

char mark_of(const PredictorCell& cell) {
  if (cell.decided()) return cell.fabric() ? 'F' : 'M';
  return cell.verdict == "tied" ? '=' : '?';
}

MapAxis axis_of(const std::vector<double>& values) {
  const auto [low, high] = std::ranges::minmax(values);
  const double room = std::max(0.05 * (high - low), 0.05);
  return {low - room, high + room};
}

// Rows of characters, and what is drawn on them.
class Canvas {
 public:
  explicit Canvas(const SuiteMap& map) : axes_(map_axes(map)), rows_(kRows, std::string(kColumns, ' ')) {
    for (const BoundaryCurve& curve : map.curves) draw(curve);
    for (const SuiteDot& dot : map.dots) at(dot.distance, std::log10(dot.values)) = dot.mark;
    for (const SuiteDot& dot : map.dots) name(dot);
  }
  const std::vector<std::string>& rows() const { return rows_; }
  const MapAxes& axes() const { return axes_; }

 private:
  size_t row(double up) const { return static_cast<size_t>(std::llround((1 - axes_.up.place(up)) * (kRows - 1))); }
  size_t column(double across) const {
    return static_cast<size_t>(std::llround(axes_.across.place(across) * (kColumns - 1)));
  }
  char& at(double across, double up) { return rows_[row(up)][column(across)]; }

  // In every row that it passes.
  void draw(const BoundaryCurve& curve) {
    for (size_t i = 1; i < curve.points.size(); ++i) {
      const CurvePoint &from = curve.points[i - 1], &to = curve.points[i];
      const double low = std::log10(from.values), high = std::log10(to.values);
      for (int step = 0; step <= kRows; ++step) {
        const double share = static_cast<double>(step) / kRows;
        at(from.distance + share * (to.distance - from.distance), low + share * (high - low)) =
            curve.closed_form ? 'o' : '#';
      }
    }
  }

  void name(const SuiteDot& dot) {  // where there is room
    const size_t place = column(dot.distance);
    std::string& line = rows_[row(std::log10(dot.values))];
    const std::string words = printable(dot.name);
    const size_t wide = words.size() + 2;
    const auto is_free = [&](size_t begin) {
      return line.substr(begin, wide).find_first_not_of(' ') == std::string::npos;
    };
    if (place + 1 + wide <= kColumns && is_free(place + 1))
      line.replace(place + 2, words.size(), words);
    else if (place >= wide && is_free(place - wide))
      line.replace(place - 1 - words.size(), words.size(), words);
  }

  MapAxes axes_;
  std::vector<std::string> rows_;
};

SuiteMap map_of(std::span<const PredictorCell> cells, std::span<const BoundaryCurve> curves, const std::string& column,
                double share) {
  SuiteMap map{.column = column, .share = share, .dots = {}};
  std::set<std::pair<double, double>> places;  // a suite whose test alone was changed lies where the suite does
  std::set<std::string> seen;
  for (const PredictorCell& cell : cells) {
    const std::string name = read_budget_label(cell.suite).suite;
    if (cell.column == column && cell.share == share && seen.insert(name).second &&
        places.insert({cell.landmarks.distance, cell.landmarks.values}).second)
      map.dots.push_back({name, cell.landmarks.distance, cell.landmarks.values, mark_of(cell)});
  }
  for (const BoundaryCurve& curve : curves)
    if ((curve.closed_form || curve.share == share) && std::ranges::count(curve.columns, column) > 0)
      map.curves.push_back(curve);
  return map;
}

std::string legend(const SuiteMap& map) {
  std::string out =
      "          across: distance of the domains, ln(loss on others' data / on one's own); up: labels or bytes\n"
      "          of a domain.  F fabric better, M monolith better, = tied, ? undecided, * yours\n";
  const auto has = [&](bool closed_form) {
    return std::ranges::count(map.curves, closed_form, &BoundaryCurve::closed_form) > 0;
  };
  if (has(false)) out += "          # boundary of planted networks: right of it the fabric is better there\n";
  if (has(true)) out += "          o boundary of planted worlds by closed form\n";
  return out;
}

}  // namespace
}  // namespace suite_map_detail

using namespace suite_map_detail;

MapAxes map_axes(const SuiteMap& map) {
  std::vector<double> across, up;
  for (const SuiteDot& dot : map.dots) {
    across.push_back(dot.distance);
    up.push_back(std::log10(dot.values));
  }
  for (const BoundaryCurve& curve : map.curves)
    for (const CurvePoint& point : curve.points) {
      across.insert(across.end(), {point.distance, point.nearest, point.furthest});
      up.push_back(std::log10(point.values));
    }
  return {axis_of(across), axis_of(up)};
}

std::vector<SuiteMap> suite_maps(std::span<const PredictorCell> cells, std::span<const BoundaryCurve> curves) {
  std::set<double, std::greater<>> shares;
  for (const PredictorCell& cell : cells) shares.insert(cell.share);
  std::vector<SuiteMap> maps;
  for (const double share : shares)
    for (const char* column : {"serving", "memory", "free"})
      if (SuiteMap map = map_of(cells, curves, column, share); !map.dots.empty()) maps.push_back(std::move(map));
  return maps;
}

std::string title_of(const SuiteMap& map) {
  return map.share == 1 ? map.column : map.column + ", budget x" + number_text(map.share);
}

std::string map_text(const SuiteMap& map) {
  if (map.dots.empty()) return "";
  const Canvas canvas(map);
  const auto& [x, y] = canvas.axes();
  std::string out = printable(title_of(map)) + "\n";
  for (int row = 0; row < kRows; ++row) {
    std::string tick;
    if (row % 4 == 0) tick = std::to_string(std::llround(std::pow(10, y.high - (y.high - y.low) * row / (kRows - 1))));
    out += std::string(8 - std::min<size_t>(tick.size(), 8), ' ') + tick + " |" +
           canvas.rows()[static_cast<size_t>(row)] + "\n";
  }
  out += std::string(9, ' ') + "+" + std::string(kColumns, '-') + "\n" + std::string(10, ' ');
  out += table_parts::decimal(x.low, 2) + std::string(kColumns - 10, ' ') + table_parts::decimal(x.high, 2) + "\n";
  return out + legend(map);
}

}  // namespace loom
