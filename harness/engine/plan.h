// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "harness/engine/loaded_suite.h"
#include "harness/engine/solve.h"

namespace loom {

// The suites of a worker, each loaded once. `load` reads one by its resolved component; main hands it in, so that the
// engine knows no suite by name.
struct Suites {
  std::function<Suite(const Json& component)> load;
  std::map<std::string, std::unique_ptr<LoadedSuite>> loaded;  // by canonical component
};
LoadedSuite& load_suite(Suites& suites, const Json& component, at::Device device);

// From a resolved experiment to its jobs:
//   members {id: run}, trials {id: recipe and seed}, rows [{suite, arm, column, role, ..., trials}], suites {label:
//   facts}, pending [trial ids]: trials of the free column's selection that must be recorded before the plan is whole.
// `trial_score` gives a recorded trial's validation score, or nothing.
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
