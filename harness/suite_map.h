// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/boundary_curves.h"
#include "harness/predictor.h"

namespace loom {

// A suite as a dot: how far its domains lie apart, how much there is to learn from in each, who won.
struct SuiteDot {
  std::string name;
  double distance = 0, values = 0;  // Landmarks::distance, ::values
  char mark = '?';                  // F fabric better, M monolith better, = tied, ? undecided, * yours
};
struct SuiteMap {
  std::string column;
  double share = 1;  // of the largest training budget
  std::vector<SuiteDot> dots;
  std::vector<BoundaryCurve> curves = {};  // of planted worlds; right of one the fabric is better there
};

std::string title_of(const SuiteMap& map);  // "serving", "serving, budget x0.25"

// One map for each column and budget, the largest budget first: its suites, each once, and the curves that hold.
std::vector<SuiteMap> suite_maps(std::span<const PredictorCell> cells, std::span<const BoundaryCurve> curves = {});

// A value's place between the ends of an axis, with some room beyond the outermost.
struct MapAxis {
  double low = 0, high = 1;
  double place(double value) const { return high > low ? (value - low) / (high - low) : 0.5; }
};
struct MapAxes {
  MapAxis across, up;  // distance; decimal logarithm of values
};
MapAxes map_axes(const SuiteMap& map);

std::string map_text(const SuiteMap& map);
std::string maps_svg(const std::vector<SuiteMap>& maps);  // three side by side

}  // namespace loom
