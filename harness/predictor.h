// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/comparison.h"
#include "harness/landmarks.h"

namespace loom {

// One suite at one budget in one column: what was known before, and who won.
struct PredictorCell {
  std::string results, suite, group, column;  // group: the data it stands on; cells of one group are never split
  double share = 1;                           // of the largest budget that ran
  double epochs = 0;                          // the reference's samples over the train split's items
  std::string verdict;                        // fabric better | monolith better | tied | undecided
  double difference = 0;                      // fabric minus monolith, in the metric's unit, positive = the fabric
  Landmarks landmarks;
  bool decided() const { return verdict.ends_with("better"); }
  bool fabric() const { return verdict.starts_with("fabric"); }
};
Json to_json(const PredictorCell& cell);
PredictorCell predictor_cell_from_json(const Json& value);

// Cells of stored results with a headline. `measured` gives the landmarks of a suite as in a plan and the name of its
// data, or nothing where there are none: such suites are left out.
using Measured = std::function<std::optional<std::pair<Landmarks, std::string>>(const Json& suite)>;
std::vector<PredictorCell> predictor_cells(const std::string& results, const ResultStore& store,
                                           const Measured& measured);

// What the sign is predicted from; none of it needs a trained network.
struct Predictors {
  static constexpr size_t kCount = 7;
  static const std::array<std::string, kCount>& names();
  // pooling, distance, ln values, ln domains, router error, ln epochs, ln (a member's size / the monolith's).
  static std::array<double, kCount> of(const Landmarks& landmarks, double epochs, const std::string& column);
};

// Logistic regression on standardised predictors, minimising minus the log likelihood + |weights|^2 / 2; the intercept
// is free. The probability that the fabric is better, of cells that are decided.
class SignModel {
 public:
  explicit SignModel(std::span<const PredictorCell> cells);  // decided ones count, one at least
  double logit(const std::array<double, Predictors::kCount>& x) const;
  double probability(const std::array<double, Predictors::kCount>& x) const;
  const std::vector<double>& weights() const { return weights_; }  // of standardised predictors, the intercept last
  // The value of one predictor at which the logit is zero, the others as they are; none where its weight is nothing.
  std::optional<double> flip(std::array<double, Predictors::kCount> x, size_t predictor) const;

 private:
  std::array<double, Predictors::kCount> mean_{}, spread_{};
  std::vector<double> weights_;
};

// Leave one group out: each decided cell is predicted by a model of the other groups' cells. The majority's sign is
// that of those other cells too (fabric where they balance).
struct LeftOut {
  struct Cell {
    size_t index = 0;  // in `cells`
    double probability = 0;
    bool right = false, majority_right = false;
  };
  std::vector<Cell> cells;
  int groups = 0;
  int right() const;
  int majority_right() const;
};
LeftOut leave_one_group_out(std::span<const PredictorCell> cells);

// Models of groups drawn with replacement; draws without both signs count too. `cells`: one decided at least.
class SignBootstrap {
 public:
  SignBootstrap(std::span<const PredictorCell> cells, int draws);
  Interval interval(const std::array<double, Predictors::kCount>& x) const;  // 2.5 % and 97.5 % of the probability

 private:
  std::vector<SignModel> models_;
};

}  // namespace loom
