// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "harness/engine/loaded_suite.h"
#include "harness/engine/solve.h"

namespace loom {

// From a resolved experiment to its jobs:
//   members {id: run}, trials {id: recipe and seed}, rows [{suite, arm, column, role, ..., trials}], suites {label:
//   facts}, pending [trial ids]: trials of the tuning or of the free column's selection that must be recorded before
//   the plan is whole.
// `trial_score` gives a recorded trial's validation score (NaN: it diverged), or nothing.
using TrialScore = std::function<std::optional<double>(const std::string& id)>;
Json make_plan(const Json& experiment, Suites& suites, at::Device device, const TrialScore& trial_score);

inline constexpr uint64_t kSelectionSeed = 1'000'000;  // never reported

// Arms of one suite as planned: the config's, then the controls that nobody has to ask for (design.md 5).
struct PlannedArm {
  std::string label, role;  // arm | null | reference
  Json component;
  int controlled = -1;  // index of the arm whose sizes it inherits; -1 = sizes of its own
};
std::vector<PlannedArm> with_controls(const Json& suite_config);

}  // namespace loom
