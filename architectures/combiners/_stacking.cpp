// SPDX-License-Identifier: Apache-2.0
#include "architectures/combiners/_stacking.h"

#include <cmath>

namespace loom::combiners {
namespace stacking_detail {

double log_sum_exp(const Eigen::ArrayXd& values) {
  const double highest = values.maxCoeff();
  return highest + std::log((values - highest).exp().sum());
}

Eigen::ArrayXd scores(const Stacker& stacker, const StackingData& data, int64_t item) {
  return stacker.bias + (stacker.weight * data.said.middleCols(item * data.members, data.members)).rowwise().sum();
}

// The gradient of the mean loss and of the ridge at `at`.
Stacker gradient(const StackingData& data, const std::vector<bool>& used, double ridge, const Stacker& at) {
  const double even = 1 / static_cast<double>(data.members);
  Stacker slope{ridge * (at.weight - even), ridge * at.bias};
  double total = 0;
  for (int64_t item = 0; item < data.items(); ++item)
    if (used[static_cast<size_t>(item)]) total += data.importance[static_cast<size_t>(item)];
  for (int64_t item = 0; item < data.items(); ++item) {
    if (!used[static_cast<size_t>(item)]) continue;
    const Eigen::ArrayXd values = scores(at, data, item);
    Eigen::ArrayXd error = (values - log_sum_exp(values)).exp();
    error[data.target[static_cast<size_t>(item)]] -= 1;
    error *= data.importance[static_cast<size_t>(item)] / total;
    slope.bias += error;
    slope.weight += data.said.middleCols(item * data.members, data.members).colwise() * error;
  }
  return slope;
}

// A bound of the loss's curvature: half of the largest squared row norm (the softmax's Hessian is at most 1/2). Items
// that are held out do not even set the step.
double curvature(const StackingData& data, const std::vector<bool>& used) {
  double highest = 0;
  for (int64_t item = 0; item < data.items(); ++item) {
    if (!used[static_cast<size_t>(item)]) continue;
    const auto said = data.said.middleCols(item * data.members, data.members);
    highest = std::max(highest, said.square().rowwise().sum().maxCoeff() + 1);
  }
  return highest / 2;
}

}  // namespace stacking_detail

using namespace stacking_detail;

// Nesterov's accelerated gradient (1983) from the logit average, with the step that the curvature allows.
Stacker fit_stacker(const StackingData& data, const std::vector<bool>& used, double ridge) {
  Stacker now{Eigen::ArrayXXd::Constant(data.outputs, data.members, 1 / static_cast<double>(data.members)),
              Eigen::ArrayXd::Zero(data.outputs)};
  Stacker ahead = now;
  const double step = 1 / (curvature(data, used) + ridge);
  double momentum = 1;
  for (int round = 0; round < kStackerRounds; ++round) {
    const Stacker slope = gradient(data, used, ridge, ahead);
    const Stacker next{ahead.weight - step * slope.weight, ahead.bias - step * slope.bias};
    const double after = (1 + std::sqrt(1 + 4 * momentum * momentum)) / 2, push = (momentum - 1) / after;
    ahead = {next.weight + push * (next.weight - now.weight), next.bias + push * (next.bias - now.bias)};
    now = next;
    momentum = after;
  }
  return now;
}

Eigen::ArrayXd stacked_log_probs(const Stacker& stacker, const StackingData& data, int64_t item) {
  const Eigen::ArrayXd values = scores(stacker, data, item);
  return values - log_sum_exp(values);
}

double out_of_fold_loss(const StackingData& data, const std::vector<int32_t>& fold, int32_t folds, double ridge) {
  double loss = 0;
  for (int32_t out = 0; out < folds; ++out) {
    std::vector<bool> used;
    for (const int32_t own : fold) used.push_back(own != out);
    const Stacker stacker = fit_stacker(data, used, ridge);
    for (int64_t item = 0; item < data.items(); ++item)
      if (const auto at = static_cast<size_t>(item); !used[at])
        loss -= data.importance[at] * stacked_log_probs(stacker, data, item)[data.target[at]];
  }
  return loss;
}

}  // namespace loom::combiners
