// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/arm_comparison.h"

namespace loom {

// How much worse than A the arm B may be in one figure.
struct Gate {
  std::string measure;    // one of measure_names()
  double allowed = 0;     // >= 0, in units of the figure, or a share of A's
  bool relative = false;  // written with %
  std::string text;       // as written
};

// "score:-1%,latency_p50_s:+10%". score and worst_domain are qualities, whatever the metric: their bound is zero or
// below. All others are costs: zero or above. InputError with the nearest figure.
std::vector<Gate> parse_gates(const std::string& text);

// One gate in one suite and column.
struct GateResult {
  std::string gate, suite, column;
  bool judged = false;    // false: `reason` says what is missing
  double worse = 0;       // how much worse B is than A, in units of the figure; negative = better
  double allowed = 0;     // likewise
  bool exceeded = false;  // worse > allowed
  bool tripped = false;   // and surely so, by the rule of the figure's noise
  std::string reason;     // why it tripped, or why not where it was exceeded
};

// crossed, seeds: the comparison's interval of the difference lies wholly beyond the bound, and sign flips about the
// bound give p <= .05. session: B's time exceeds the bound also after division by the session's noise, which is the A/A
// ratio's distance from 1, at least kQuietest. none: the bound alone decides.
inline constexpr double kQuietest = 0.02;
std::vector<GateResult> judge(const ArmComparison& comparison, const std::vector<Gate>& gates);

}  // namespace loom
