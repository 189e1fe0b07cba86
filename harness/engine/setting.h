// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "harness/engine/solve.h"

namespace loom {

// How an arm is trained, and the search that says so.
struct Setting {
  Json train;                   // the whole section
  Json tuned;                   // the part of it that the search chose; null without one
  Json tuning = Json::array();  // recorded trials of the search: point, validation, trial, train_flops
  std::string edge = {};        // "learning_rate=0.008" where the choice lies on the edge of the values tried
  std::string rejected = {};    // why there is none
  bool pending = false;         // trials of the search must run first
};

// What the search asks of the plan.
struct SettingSearch {
  std::function<Solution(const Json& train)> close;  // the arm at the reference's width, trained so, closing C
  // The id of its trial by the selection seed and its score, as TrialScore gives it.
  std::function<std::pair<std::string, std::optional<double>>(const Solution& arm, const Json& train)> validate;
  bool higher_is_better = true;
};

// The best point on validation of the suite's `tune`; every arm is asked for the same points.
Setting choose_setting(const Json& suite_config, const SettingSearch& search);

}  // namespace loom
