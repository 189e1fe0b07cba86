// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "architectures/combiners/_stacking.h"
#include "architectures/combiners/_validation.h"

namespace loom::combiners {
namespace stacking_combiner_detail {

constexpr std::array kRidges = {1.0, 0.1, 0.01};
constexpr int32_t kFolds = 5;
constexpr int64_t kMostItems = 1000;
constexpr float kFloor = -16;  // log-probabilities below say nothing more

StackingData stacking_data(const FitInput& input) {
  const Outcomes& first = input.calibration[0];
  const std::vector<double> importance = macro_weights(first, input.domains);
  const int64_t items = std::min(first.items, kMostItems), members = std::ssize(input.calibration);
  StackingData data{members, first.outputs, Eigen::ArrayXXd(first.outputs, items * members), {}, {}};
  for (int64_t i = 0; i < items; ++i) {  // evenly spaced: the split is sorted by domain
    const int64_t item = i * first.items / items;
    data.target.push_back(first.target[static_cast<size_t>(item)]);
    data.importance.push_back(importance[static_cast<size_t>(item)]);
    for (int64_t member = 0; member < members; ++member)
      for (int64_t output = 0; output < first.outputs; ++output)
        data.said(output, i * members + member) =
            std::max(kFloor, input.calibration[static_cast<size_t>(member)]
                                 .log_probs[static_cast<size_t>(item * first.outputs + output)]);
  }
  return data;
}

// Items of one group, which may be near copies, lie in one fold.
std::vector<int32_t> folds_of(const Outcomes& said, int64_t items) {
  std::vector<int32_t> fold;
  for (int64_t i = 0; i < items; ++i) fold.push_back(said.group[static_cast<size_t>(i * said.items / items)] % kFolds);
  return fold;
}

class Stacking : public Combiner {
 public:
  bool mixes() const override { return false; }
  bool needs_fit() const override { return true; }
  double fit_flops(int64_t members, int64_t items, int64_t outputs) const override {
    constexpr double kFits = kRidges.size() * kFolds + 1;
    return 6 * kFits * kStackerRounds * static_cast<double>(std::min(items, kMostItems) * members * outputs);
  }
  void fit(const FitInput& input) override {
    const StackingData data = stacking_data(input);
    const std::vector<int32_t> fold = folds_of(input.calibration[0], data.items());
    double lowest = INFINITY;
    for (const double ridge : kRidges) {
      const double loss = out_of_fold_loss(data, fold, kFolds, ridge);
      if (loss >= lowest) continue;
      lowest = loss;
      ridge_ = ridge;
    }
    stacker_ = fit_stacker(data, std::vector<bool>(static_cast<size_t>(data.items()), true), ridge_);
  }
  void save(Json& state, Arrays&) const override {
    const auto list = [](const auto& array) { return std::vector<double>(array.data(), array.data() + array.size()); };
    state = {{"ridge", ridge_}, {"bias", list(stacker_.bias)}, {"weight", list(stacker_.weight)}};
  }
  void restore(const Json& state, const Arrays&) override {
    const auto bias = state.at("bias").get<std::vector<double>>(),
               weight = state.at("weight").get<std::vector<double>>();
    const auto outputs = std::ssize(bias);
    ridge_ = state.at("ridge");
    stacker_.bias = Eigen::Map<const Eigen::ArrayXd>(bias.data(), outputs);
    stacker_.weight = Eigen::Map<const Eigen::ArrayXXd>(weight.data(), outputs, std::ssize(weight) / outputs);
  }
  void combine(const MemberOutputs& outputs, std::span<float> log_probs) const override {
    const int64_t members = outputs.members, width = outputs.outputs, positions = outputs.rows * outputs.steps;
    Stacker stacker = stacker_;
    if (stacker.bias.size() == 0)  // a dry assembly
      stacker = {Eigen::ArrayXXd::Constant(width, members, 1 / static_cast<double>(members)),
                 Eigen::ArrayXd::Zero(width)};
    StackingData data{members, width, Eigen::ArrayXXd(width, members), {}, {}};
    for (int64_t at = 0; at < positions; ++at) {
      for (int64_t member = 0; member < members; ++member)
        for (int64_t output = 0; output < width; ++output)
          data.said(output, member) = std::max(kFloor, outputs.log_probs[(member * positions + at) * width + output]);
      const Eigen::ArrayXd said = stacked_log_probs(stacker, data, 0);
      for (int64_t output = 0; output < width; ++output)
        log_probs[at * width + output] = static_cast<float>(said[output]);
    }
  }

 private:
  double ridge_ = kRidges[0];
  Stacker stacker_;
};

}  // namespace stacking_combiner_detail

CombinerSource stacking() {
  return {.facts = {.kind = "combiner",
                    .name = "stacking",
                    .summary = "logistic regression on what the members said, its ridge chosen out of fold",
                    .paper = "Wolpert 1992",
                    .view = "full",
                    .access = {"l"},
                    .inputs = {"vector", "bags"}},
          .build = [](const Json&) -> std::unique_ptr<Combiner> {
            return std::make_unique<stacking_combiner_detail::Stacking>();
          }};
}

}  // namespace loom::combiners
