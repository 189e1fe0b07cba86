// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/result_store.h"

namespace loom::phase_worlds {

// Results of worlds of four similarities and two sizes of data; monolith minus fabric of each seed.
using Differences = std::vector<std::vector<double>>;  // [similarity][seed]
inline constexpr std::array kSimilarity = {0.0, 0.25, 0.5, 1.0};
inline const Differences kRising = {{-0.2, -0.2}, {-0.1, -0.1}, {0.1, 0.1}, {0.3, 0.3}};

inline TrialResult scored(double macro) {
  TrialResult trial;
  trial.status = "ok";
  trial.replicates = {macro};
  return trial;
}

inline void add_world(ResultStore& store, double samples, double similarity, const std::vector<double>& differences,
                      bool higher_is_better, const std::string& budget = "") {
  const std::string label = "teachers " + std::to_string(samples) + " " + std::to_string(similarity) + budget;
  store.experiment["suites"].push_back(
      {{"label", label},
       {"columns", {"serving"}},
       {"suite", {{"name", "teachers"}, {"samples", samples}, {"similarity", similarity}, {"domains", 4}}}});
  store.suites[label].higher_is_better = higher_is_better;
  PlannedRow monolith;
  monolith.suite = label, monolith.arm = "dense", monolith.family = "monolith";
  monolith.column = "serving", monolith.role = "arm", monolith.status = "ok";
  PlannedRow fabric = monolith;
  fabric.arm = "specialists", fabric.family = "fabric";
  for (size_t seed = 0; seed < differences.size(); ++seed) {
    const std::string id = label + std::to_string(seed);
    monolith.trials.push_back(id + "m"), fabric.trials.push_back(id + "f");
    store.trials[id + "m"] = scored(0.5 + (higher_is_better ? differences[seed] : -differences[seed]));
    store.trials[id + "f"] = scored(0.5);
  }
  store.rows.push_back(monolith), store.rows.push_back(fabric);
}

// `budget`: "@0.25" where the worlds are those of a smaller one.
inline void add_grid(ResultStore& store, const Differences& small, const Differences& large,
                     bool higher_is_better = true, const std::string& budget = "") {
  for (size_t i = 0; i < kSimilarity.size(); ++i) {
    add_world(store, 1000, kSimilarity[i], large[i], higher_is_better, budget);
    add_world(store, 100, kSimilarity[i], small[i], higher_is_better, budget);
  }
}

inline ResultStore grid(const Differences& small, const Differences& large, bool higher_is_better = true) {
  ResultStore store;
  store.experiment = {{"suites", Json::array()}};
  store.searches = Json::array();
  add_grid(store, small, large, higher_is_better);
  return store;
}

}  // namespace loom::phase_worlds
