// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/boundary_curves.h"
#include "harness/predictor.h"

namespace loom {

// A suite among those that ran: which side its numbers speak for.
struct Placed {
  struct At {
    std::string column;
    double epochs = 1, probability = 0.5;
    Interval interval;  // over suites drawn with replacement
  };
  struct Flip {
    std::string what;  // in words
    double now = 0, at = 0;
  };
  std::string name;
  Landmarks landmarks;
  std::vector<At> at;
  std::vector<Flip> flips;           // of the middle budget in serving; only values that some suite has
  std::vector<PredictorCell> alike;  // the nearest suites in distance and data, serving
  LeftOut record;
};
Placed place_suite(const std::string& name, const Landmarks& landmarks, std::span<const PredictorCell> cells);

std::string placed_text(const Placed& placed, std::span<const PredictorCell> cells,
                        std::span<const BoundaryCurve> curves);
Json placed_json(const Placed& placed);

// How often the sign was right on suites that it had not seen.
std::string track_record_text(std::span<const PredictorCell> cells, std::span<const BoundaryCurve> curves);
std::string curves_text(std::span<const BoundaryCurve> curves);
Json track_record_json(std::span<const PredictorCell> cells);

}  // namespace loom
