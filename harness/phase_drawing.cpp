// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "harness/phase.h"
#include "harness/svg_text.h"
#include "harness/text_numbers.h"
#include "harness/utf8.h"

namespace loom {
namespace phase_drawing_detail {
namespace {

constexpr int kRows = 21, kColumn = 6;

double height_of(const PhasePanel& panel, int row) {
  return panel.top - (panel.top - panel.bottom) * row / (kRows - 1);
}

// What stands in a column at a height: the boundary, the closed form, both, the band, or the better side.
char mark_of(const PhasePanel& panel, const PhasePoint& point, double height) {
  const double half = (panel.top - panel.bottom) / (kRows - 1) / 2;
  const auto here = [&](double value) { return std::abs(value - height) <= half; };
  if (!point.found) return point.above ? '+' : '-';
  const bool truth = point.truth && here(*point.truth);
  if (here(*point.found)) return truth ? '@' : '#';
  if (truth) return 'o';
  if (height >= point.low && height <= point.high) return ':';
  return height > *point.found ? '+' : '-';
}

std::string panel_text(const PhasePanel& panel) {
  std::string out = printable(panel.title) + "\n" + printable(panel.over) + "\n";
  for (int row = 0; row < kRows; ++row) {
    const double height = height_of(panel, row);
    out += (row % 5 == 0 ? svg::number(height, 2) : std::string("    ")) + " |";
    for (const PhasePoint& point : panel.points)
      out +=
          std::string(kColumn / 2, ' ') + mark_of(panel, point, height) + std::string(kColumn - kColumn / 2 - 1, ' ');
    out += "\n";
  }
  out += "     +" + std::string(panel.points.size() * kColumn, '-') + "\n      ";
  for (const PhasePoint& point : panel.points) {
    std::string tick = number_text(point.samples);
    tick.resize(std::max<size_t>(tick.size(), kColumn), ' ');
    out += " " + tick.substr(0, kColumn - 1);
  }
  return out + " items for each domain\n      + " + printable(panel.above) + " is better   - " +
         printable(panel.below) + " is better\n";
}

std::string figures(const PhasePanel& panel) {
  std::string out;
  for (const PhasePoint& point : panel.points) {
    out += "  " + number_text(point.samples) + ": ";
    if (!point.found) {
      out += printable(point.above ? panel.above : panel.below) + " is better everywhere\n";
      continue;
    }
    out += svg::number(*point.found, 4) + " [" + svg::number(point.low, 4) + ", " + svg::number(point.high, 4) + "]";
    if (point.truth) {
      const bool inside = point.low <= *point.truth && *point.truth <= point.high;
      out += ", by closed form " + svg::number(*point.truth, 4) + (inside ? "" : " (outside)");
    }
    out += "\n";
  }
  return out;
}

constexpr double kWide = 384, kHigh = 260, kLeft = 48, kTop = 34, kPlotWide = 290, kPlotHigh = 170;

class PanelDrawing {
 public:
  PanelDrawing(const PhasePanel& panel, double x, double y) : panel_(panel), x_(x + kLeft), y_(y + kTop) {}

  std::string svg() const {
    std::string out = "<g>" + svg::text(x_, y_ - 18, "start", panel_.title.substr(0, 56), "title");
    out +=
        svg::text(x_, y_ - 6, "start", "upper region: " + panel_.above + " is better; lower: " + panel_.below, "note");
    out += svg::frame(x_, y_, kPlotWide, kPlotHigh) + without_boundary();
    out += band() + line(&PhasePoint::found, "found") + line(&PhasePoint::truth, "truth");
    for (int tick = 0; tick <= 4; ++tick) {
      const double value = panel_.bottom + (panel_.top - panel_.bottom) * tick / 4;
      out += svg::text(x_ - 6, down(value) + 4, "end", number_text(value), "note");
    }
    for (const PhasePoint& point : panel_.points)
      out += svg::text(along(point.samples), y_ + kPlotHigh + 14, "middle", number_text(point.samples), "note");
    return out + svg::text(x_ + kPlotWide / 2, y_ + kPlotHigh + 30, "middle", "items for each domain", "note") +
           "</g>\n";
  }

 private:
  static std::string num(double value) { return svg::number(value); }
  double along(double samples) const {
    const double first = std::log(panel_.points.front().samples), last = std::log(panel_.points.back().samples);
    return x_ + 12 + (kPlotWide - 24) * (std::log(samples) - first) / (last - first);
  }
  double down(double value) const { return y_ + kPlotHigh * (panel_.top - value) / (panel_.top - panel_.bottom); }

  // Where one side is better whatever the height.
  std::string without_boundary() const {
    std::string out;
    for (const PhasePoint& point : panel_.points)
      if (!point.found)
        for (const double height : {0.25, 0.5, 0.75})
          out += svg::text(along(point.samples), y_ + kPlotHigh * height + 4, "middle", point.above ? "+" : "-",
                           point.above ? "monolith" : "fabric");
    return out;
  }

  std::string band() const {
    std::string upper, lower;
    for (const PhasePoint& point : panel_.points) {
      if (!point.found) continue;
      upper += num(along(point.samples)) + "," + num(down(point.high)) + " ";
      lower = num(along(point.samples)) + "," + num(down(point.low)) + " " + lower;
    }
    return "<polygon points=\"" + upper + lower + "\" class=\"band\"/>";
  }
  std::string line(std::optional<double> PhasePoint::*value, const char* kind) const {
    std::string points, dots;
    for (const PhasePoint& point : panel_.points) {
      if (!(point.*value)) continue;
      const std::string x = num(along(point.samples)), y = num(down(*(point.*value)));
      points += x + "," + y + " ";
      if (std::string_view(kind) == "found")
        dots += "<circle cx=\"" + x + "\" cy=\"" + y + "\" r=\"3\" class=\"dot\"/>";
    }
    return "<polyline points=\"" + points + "\" class=\"" + kind + "\"/>" + dots;
  }

  const PhasePanel& panel_;
  double x_, y_;
};

}  // namespace
}  // namespace phase_drawing_detail

std::string phase_text(const std::vector<PhasePanel>& panels) {
  using namespace phase_drawing_detail;
  std::string out;
  for (const PhasePanel& panel : panels) out += panel_text(panel) + figures(panel) + "\n";
  out += "# boundary found  : its band  o closed form  @ both\n";
  if (const PhaseAgreement found = agreement(panels); found.boundaries > 0)
    out += "The closed form lies inside the band at " + std::to_string(found.inside) + " of " +
           std::to_string(found.boundaries) + " boundaries.\n";
  return out;
}

std::string phase_svg(const std::vector<PhasePanel>& panels) {
  using namespace phase_drawing_detail;
  const auto count = static_cast<int>(panels.size());
  const int across = std::min(count, 3), rows = across == 0 ? 0 : (count + across - 1) / across;
  std::string out;
  for (int i = 0; i < count; ++i)
    out += PanelDrawing(panels[static_cast<size_t>(i)], kWide * (i % across), kHigh * (i / across)).svg();
  out += svg::text(
      8, kHigh * rows + 14, "start",
      "blue: boundary with its band; orange, dashed: closed form; + the side of the upper region is better at every "
      "height, - that of the lower",
      "note");
  return svg::document(kWide * std::max(across, 1), kHigh * rows + 24, out, "phase map");
}

}  // namespace loom
