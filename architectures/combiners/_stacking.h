// SPDX-License-Identifier: Apache-2.0
// The meta-learner of stacking: multinomial logistic regression on what the members said.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

namespace loom::combiners {

// scores[v] = bias[v] + sum_k weight[k, v] * log p_k(v): a member may be trusted for some outputs and not for others.
// With all weights 1/K and no bias it is the logit average, and the ridge draws it there.
struct Stacker {
  Eigen::ArrayXXd weight;  // [outputs, members]
  Eigen::ArrayXd bias;     // [outputs]
};

// Log-probabilities of members, clipped from below: [outputs, items * members], item-major.
struct StackingData {
  int64_t members = 0, outputs = 0;
  Eigen::ArrayXXd said;
  std::vector<int32_t> target;     // [items]
  std::vector<double> importance;  // [items]
  int64_t items() const { return static_cast<int64_t>(target.size()); }
};

inline constexpr int kStackerRounds = 100;  // of a fit, each a pass over the items
Stacker fit_stacker(const StackingData& data, const std::vector<bool>& used, double ridge);
Eigen::ArrayXd stacked_log_probs(const Stacker& stacker, const StackingData& data, int64_t item);

// Out-of-fold loss: each item judged by a stacker that never saw its fold (Wolpert 1992).
double out_of_fold_loss(const StackingData& data, const std::vector<int32_t>& fold, int32_t folds, double ridge);

}  // namespace loom::combiners
