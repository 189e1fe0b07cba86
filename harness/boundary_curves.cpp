// SPDX-License-Identifier: Apache-2.0
#include "harness/boundary_curves.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace loom {
namespace boundary_curves_detail {
namespace {

// Small worlds have few items to ask about, so more of them are drawn.
uint64_t draws_of(double samples) { return static_cast<uint64_t>(std::clamp(5e4 / samples, 8.0, 128.0)); }

struct Place {
  double values = 0, distance = 0;
};

Place place_of(const PhasePanel& panel, double samples, double over, const MeasuredWorld& measured) {
  Json suite = panel.suite;
  suite["samples"] = std::llround(samples);
  suite[panel.over] = over;
  Place sum;
  const uint64_t draws = draws_of(samples);
  for (uint64_t draw = 0; draw < draws; ++draw) {
    const Landmarks marks = measured(suite, draw);
    sum.values += marks.values;
    sum.distance += marks.distance;
  }
  return {sum.values / static_cast<double>(draws), sum.distance / static_cast<double>(draws)};
}

}  // namespace
}  // namespace boundary_curves_detail

std::vector<BoundaryCurve> boundary_curves(const ResultStore& store, const MeasuredWorld& measured) {
  using namespace boundary_curves_detail;
  std::vector<BoundaryCurve> curves;
  for (const PhasePanel& panel : phase_panels(store)) {
    BoundaryCurve curve{.title = panel.title, .columns = panel.columns, .share = panel.share, .points = {}};
    for (const PhasePoint& point : panel.points) {
      if (!point.found) continue;
      curve.closed_form = point.truth.has_value();
      const auto place = [&](double over) { return place_of(panel, point.samples, over, measured); };
      const Place at = place(point.truth.value_or(*point.found)), low = place(point.low), high = place(point.high);
      const auto [nearest, furthest] = std::minmax({low.distance, at.distance, high.distance});
      curve.points.push_back({at.values, at.distance, nearest, furthest});
    }
    if (curve.points.size() > 1) curves.push_back(std::move(curve));
  }
  return curves;
}

Json to_json(const BoundaryCurve& curve) {
  Json points = Json::array();
  for (const auto& [values, distance, nearest, furthest] : curve.points)
    points.push_back({{"values", values}, {"distance", distance}, {"nearest", nearest}, {"furthest", furthest}});
  return {{"title", curve.title},
          {"columns", curve.columns},
          {"share", curve.share},
          {"closed_form", curve.closed_form},
          {"points", std::move(points)}};
}

BoundaryCurve boundary_curve_from_json(const Json& value) {
  BoundaryCurve curve{.title = value.at("title"),
                      .columns = value.at("columns").get<std::vector<std::string>>(),
                      .share = value.at("share"),
                      .closed_form = value.at("closed_form"),
                      .points = {}};
  for (const Json& point : value.at("points"))
    curve.points.push_back({point.at("values"), point.at("distance"), point.at("nearest"), point.at("furthest")});
  return curve;
}

}  // namespace loom
