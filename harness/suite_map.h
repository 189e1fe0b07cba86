// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/predictor.h"

namespace loom {

// A suite as a dot: how far its domains lie apart, how much there is to learn from in each, who won.
struct SuiteDot {
  std::string name;
  double distance = 0, values = 0;  // Landmarks::distance, ::values
  char mark = '?';                  // F fabric better, M monolith better, = tied, ? undecided, * yours
};
struct SuiteMap {
  std::string title;
  std::vector<SuiteDot> dots;
};

// One map for each column: its suites at the largest budget that ran there, each suite once.
std::vector<SuiteMap> suite_maps(std::span<const PredictorCell> cells);

std::string map_text(const SuiteMap& map);
std::string maps_svg(const std::vector<SuiteMap>& maps);  // side by side

}  // namespace loom
