// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/suite_map.h"
#include "harness/svg_text.h"
#include "harness/table_parts.h"

namespace loom {
namespace suite_map_svg_detail {
namespace {

constexpr double kWide = 460, kHigh = 338, kLeft = 64, kTop = 34, kPlotWide = 370, kPlotHigh = 260;
constexpr size_t kAcross = 3;

class Drawing {
 public:
  Drawing(const SuiteMap& map, double left, double top)
      : map_(map), axes_(map_axes(map)), left_(left), top_(top + kTop) {}

  std::string svg() const {
    std::string out = svg::text(left_, top_ - 12, "start", title_of(map_), "title");
    out += svg::frame(left_, top_, kPlotWide, kPlotHigh) + ticks();
    for (const BoundaryCurve& curve : map_.curves) out += drawn(curve);
    for (const SuiteDot& dot : map_.dots) out += drawn(dot);
    out += names();
    return out + svg::text(left_ + kPlotWide / 2, top_ + kPlotHigh + 30, "middle",
                           "distance of the domains: ln(loss on others' data / on one's own)", "note");
  }

 private:
  double x(double distance) const { return left_ + kPlotWide * axes_.across.place(distance); }
  double y(double values) const { return top_ + kPlotHigh * (1 - axes_.up.place(std::log10(values))); }
  std::string point(double distance, double values) const {
    return svg::number(x(distance)) + "," + svg::number(y(values)) + " ";
  }

  std::string ticks() const {
    std::string out;
    for (int tick = 0; tick <= 4; ++tick) {
      const double share = tick / 4.0, distance = axes_.across.low + (axes_.across.high - axes_.across.low) * share;
      out += svg::text(left_ + kPlotWide * share, top_ + kPlotHigh + 14, "middle", table_parts::decimal(distance, 2),
                       "note");
    }
    for (double power = std::ceil(axes_.up.low); power <= axes_.up.high; ++power)
      out += svg::text(left_ - 6, y(std::pow(10, power)) + 4, "end", svg::number(std::pow(10, power), 0), "note");
    return out;
  }

  std::string drawn(const BoundaryCurve& curve) const {
    std::string line, upper, lower;
    for (const CurvePoint& at : curve.points) {
      line += point(at.distance, at.values);
      upper += point(at.furthest, at.values);
      lower = point(at.nearest, at.values) + lower;
    }
    const std::string band = "<polygon points=\"" + upper + lower + "\" class=\"band\"/>";
    return "<g><title>" + svg::escaped(curve.title) + "</title>" + (curve.closed_form ? "" : band) +
           "<polyline points=\"" + line + "\" class=\"" + (curve.closed_form ? "truth" : "found") + "\"/></g>";
  }

  std::string drawn(const SuiteDot& dot) const {
    const char* kind = dot.mark == 'F' ? "fabric" : dot.mark == 'M' ? "monolith" : "other";
    return svg::text(x(dot.distance), y(dot.values) + 4, "middle", std::string(1, dot.mark), kind);
  }

  struct Box {
    double left, top, wide, high;
    bool meets(const Box& other) const {
      return left < other.left + other.wide && other.left < left + wide && top < other.top + other.high &&
             other.top < top + high;
    }
  };

  // Beside its dot, or over or under it: the first place that is free and in the frame; none: unnamed.
  std::string names() const {
    constexpr double kLetter = 6, kLine = 10;
    std::string out;
    std::vector<Box> taken;
    for (const SuiteDot& dot : map_.dots) taken.push_back({x(dot.distance) - 4, y(dot.values) - 5, 8, kLine});
    for (const SuiteDot& dot : map_.dots) {
      const double at = x(dot.distance), down = y(dot.values), wide = kLetter * static_cast<double>(dot.name.size());
      for (const Box& place : {Box{at + 8, down - 5, wide, kLine}, Box{at - 8 - wide, down - 5, wide, kLine},
                               Box{at - wide / 2, down - 17, wide, kLine}, Box{at - wide / 2, down + 7, wide, kLine},
                               Box{at + 8, down - 15, wide, kLine}, Box{at + 8, down + 5, wide, kLine},
                               Box{at - 8 - wide, down - 15, wide, kLine}, Box{at - 8 - wide, down + 5, wide, kLine}}) {
        const bool inside = place.left >= left_ && place.left + wide <= left_ + kPlotWide;
        if (!inside || std::ranges::any_of(taken, [&](const Box& box) { return box.meets(place); })) continue;
        taken.push_back(place);
        out += svg::text(place.left, place.top + 9, "start", dot.name, "note");
        break;
      }
    }
    return out;
  }

  const SuiteMap& map_;
  MapAxes axes_;
  double left_, top_;
};

}  // namespace
}  // namespace suite_map_svg_detail

std::string maps_svg(const std::vector<SuiteMap>& maps) {
  using namespace suite_map_svg_detail;
  const auto across = std::min(maps.size(), kAcross);
  const double high = kHigh * static_cast<double>((maps.size() + kAcross - 1) / kAcross);
  std::string body;
  for (size_t i = 0; i < maps.size(); ++i)
    body += Drawing(maps[i], static_cast<double>(i % kAcross) * kWide + kLeft, static_cast<double>(i / kAcross) * kHigh)
                .svg();
  body +=
      svg::text(kLeft, high + 2, "start",
                "up: labels or bytes of a domain.  F fabric better, M monolith better, = tied, ? undecided", "note");
  body += svg::text(kLeft, high + 16, "start",
                    "blue: boundary of planted networks with its band; orange, dashed: of planted worlds by closed "
                    "form. Right of a boundary the fabric is better in its worlds",
                    "note");
  return svg::document(kWide * static_cast<double>(across), high + 24, body, "where suites lie and who won");
}

}  // namespace loom
