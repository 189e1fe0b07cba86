// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "harness/landmarks.h"
#include "harness/phase.h"

namespace loom {

// The boundary of a phase diagram where suites are placed: its worlds are made again and measured by the cheap learner
// that measures suites (harness/landmarks.h), so that planted worlds and real data lie on one map.
struct CurvePoint {
  double values = 0;                 // Landmarks::values
  double distance = 0;               // Landmarks::distance at the boundary; further right the fabric is better
  double nearest = 0, furthest = 0;  // at the ends of its band
};
struct BoundaryCurve {
  std::string title;                 // the suite and the settings that were held fixed
  std::vector<std::string> columns;  // where it holds
  double share = 1;                  // of the training budget; a closed form has none and holds at each
  bool closed_form = false;          // the boundary is a formula's; its band is that of the search beside it
  std::vector<CurvePoint> points;    // ascending values
};
Json to_json(const BoundaryCurve& curve);
BoundaryCurve boundary_curve_from_json(const Json& value);  // Json::exception where it is not what to_json wrote

// A suite of these settings, drawn for the given time, measured; called for several draws, whose means count.
using MeasuredWorld = std::function<Landmarks(const Json& suite, uint64_t draw)>;

// One curve for each panel with a boundary at two sizes of data at least. Points without one are left out.
std::vector<BoundaryCurve> boundary_curves(const ResultStore& store, const MeasuredWorld& measured);

}  // namespace loom
