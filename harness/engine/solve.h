// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "harness/engine/trial_assembly.h"

namespace loom {

// What an arm of given sizes and samples costs, counted and not estimated.
struct Costs {
  double train_flops = 0;  // all stages
  double infer_flops = 0;  // mean per item
  int64_t parameters_total = 0, parameters_active = 0;
  int64_t samples = 0;  // items seen by all members, passes counted
};
Json to_json(const Costs& costs);
Costs costs_from_json(const Json& value);
Json ratios(const Costs& costs, const Costs& reference);  // as a row shows them
// The first ratio that this column binds and that is off by more than the tolerance; empty: all hold.
std::string missed_budget(const Json& ratios, std::string_view column);

// An arm with its sizes and samples chosen, or why none fits.
struct Solution {
  Json component;       // the arm's component with width and hidden set
  int64_t samples = 0;  // pooled-order items
  Costs costs;
  std::string rejected;  // empty when solved
};

// Closes budgets for the arms of one suite. The reference's own sizes and samples fix every target.
class Solver {
 public:
  static constexpr double kTolerance = 0.02;
  Solver(const LoadedSuite& suite, TrainConfig train, Json reference, int64_t samples);
  Solver trained_with(TrainConfig train) const;  // arms by other settings, the targets as they are
  const Costs& reference() const { return reference_costs_; }
  Costs costs(const Json& component, int64_t samples) const;
  Json with_size(Json component, int64_t width, int64_t hidden) const;
  int64_t coarse_width(double multiple) const;           // of the reference's width, on the backbone's grid
  Solution close_training(const Json& component) const;  // samples such that train_flops = C
  Solution solve(const Json& component, const std::string& column) const;  // serving | memory: sizes, then samples

 private:
  Solution solve_given(const Json& component, const std::string& column) const;
  Solution solve_beyond(const Json& component, const Beyond& beyond) const;
  std::optional<Json> sized(const Json& component, const std::string& column, double multiple, double& nearest) const;
  double measure(const Json& component, const std::string& column) const;
  const LoadedSuite& suite_;
  TrainConfig train_;
  Json reference_;
  int64_t samples_;
  Costs reference_costs_;
  mutable std::map<std::string, Costs> cache_;
};

}  // namespace loom
