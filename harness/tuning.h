// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/json.h"

namespace loom {

// The settings tried for every arm by a resolved section `tune`, each a part of `train`: the grid with its last key
// varying fastest. With fewer trials than points a random subset in that order, which the numbers of points and trials
// alone decide.
std::vector<Json> tuning_points(const Json& tune);

struct TuningTrial {
  Json point;                        // {"learning_rate": 0.002}
  std::optional<double> validation;  // macro score; none: it diverged
  std::string id;
  double train_flops = 0;
};
Json to_json(const TuningTrial& trial);

// The best on validation; of equals the first that lies on no edge. A number lies on the edge when it is the smallest
// or the largest of at least three that were tried and its field allows values beyond it.
struct TuningChoice {
  size_t index = 0;
  std::vector<std::string> edges;  // "learning_rate=0.008"
};
std::optional<TuningChoice> choose_setting(std::span<const TuningTrial> trials,
                                           bool higher_is_better);  // none: no score

// [h - 1]: expected best of h of the H trials, drawn without replacement: the trials of a smaller budget are a subset
// of the points, and the estimate is unbiased, which Dodge et al. 2019 (with replacement) is not (Tang et al. 2020).
// Nothing where all h drawn may have diverged.
std::vector<std::optional<double>> expected_best(std::span<const std::optional<double>> scores, bool higher_is_better);

std::string setting_text(const Json& point);  // "learning_rate=0.002 weight_decay=0"

// Training FLOPs of the trials that a plan's row was chosen by, each once; none where nothing was searched.
std::optional<double> search_flops(const Json& row);

}  // namespace loom
