// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "architectures/combiners/_validation.h"

namespace loom::combiners {
namespace weighted_ensemble_detail {

constexpr int kMostRounds = 500;
constexpr double kSettled = 1e-7;  // largest change of a weight in the last round

// One weight per member, of lowest macro loss on calibration. The loss is convex in the weights, and each round of EM
// (Dempster et al. 1977) lowers it: a member's new weight is its mean share of the mixture's probability.
std::vector<double> best_weights(const FitInput& input) {
  const size_t members = input.calibration.size();
  const std::vector<double> importance = macro_weights(input.calibration[0], input.domains);
  std::vector<double> weights(members, 1 / static_cast<double>(members));
  for (int round = 0; round < kMostRounds; ++round) {
    std::vector<double> next(members), share(members);
    for (size_t at = 0; at < importance.size(); ++at) {
      double sum = 0;
      for (size_t member = 0; member < members && importance[at] > 0; ++member)
        sum += share[member] =
            weights[member] * std::exp(static_cast<double>(input.calibration[member].target_log_prob[at]));
      for (size_t member = 0; member < members && sum > 0; ++member)
        next[member] += importance[at] * share[member] / sum;
    }
    double total = 0, change = 0;
    for (const double weight : next) total += weight;
    for (size_t member = 0; member < members && total > 0; ++member) {
      change = std::max(change, std::abs(next[member] / total - weights[member]));
      weights[member] = next[member] / total;
    }
    if (change < kSettled) break;
  }
  return weights;
}

class WeightedEnsemble : public ConstantMixture {
 public:
  double fit_flops(int64_t members, int64_t items, int64_t) const override {
    return 4.0 * kMostRounds * static_cast<double>(members * items);
  }

 private:
  std::vector<double> fitted(const FitInput& input) const override { return best_weights(input); }
};

}  // namespace weighted_ensemble_detail

CombinerSource weighted_ensemble() {
  return {.facts = {.kind = "combiner",
                    .name = "weighted_ensemble",
                    .summary = "the mean of all members' probabilities by weights that are best on calibration",
                    .paper = "Breiman 1996 (Stacked regressions)",
                    .view = "target",
                    .access = {"l"}},
          .build = [](const Json&) -> std::unique_ptr<Combiner> {
            return std::make_unique<weighted_ensemble_detail::WeightedEnsemble>();
          }};
}

}  // namespace loom::combiners
