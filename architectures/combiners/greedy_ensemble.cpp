// SPDX-License-Identifier: Apache-2.0
#include "architectures/combiners/_validation.h"

namespace loom::combiners {
namespace greedy_ensemble_detail {

// Forward selection with replacement: each round adds the member that makes the mean of all added so far best on
// calibration (ties to the lower index); the weights are how often each was added.
std::vector<double> selected(const FitInput& input, int64_t rounds) {
  const size_t members = input.calibration.size();
  const std::vector<double> importance = macro_weights(input.calibration[0], input.domains);
  std::vector<double> times(members), trial(members);
  for (int64_t round = 0; round < rounds; ++round) {
    size_t best = 0;
    double lowest = 0;
    for (size_t member = 0; member < members; ++member) {
      for (size_t other = 0; other < members; ++other)
        trial[other] = (times[other] + (other == member ? 1 : 0)) / static_cast<double>(round + 1);
      const double loss = mixture_loss(input.calibration, importance, trial);
      if (member > 0 && loss >= lowest) continue;
      lowest = loss;
      best = member;
    }
    times[best] += 1;
  }
  for (double& share : times) share /= static_cast<double>(rounds);
  return times;
}

class GreedyEnsemble : public ConstantMixture {
 public:
  explicit GreedyEnsemble(int64_t rounds) : rounds_(rounds) {}
  double fit_flops(int64_t members, int64_t items, int64_t) const override {
    return 2.0 * static_cast<double>(rounds_ * members * members * items);
  }

 private:
  std::vector<double> fitted(const FitInput& input) const override { return selected(input, rounds_); }

  int64_t rounds_;
};

}  // namespace greedy_ensemble_detail

CombinerSource greedy_ensemble() {
  return {.facts = {.kind = "combiner",
                    .name = "greedy_ensemble",
                    .summary = "the mean of members chosen one by one, with replacement, on calibration",
                    .paper = "Caruana et al. 2004",
                    .view = "target",
                    .access = {"l"},
                    .fields = {{.name = "rounds",
                                .fallback = 20,
                                .min = 1,
                                .max = 1000,
                                .doc = "choices made; a member may be chosen again"}}},
          .build = [](const Json& options) -> std::unique_ptr<Combiner> {
            return std::make_unique<greedy_ensemble_detail::GreedyEnsemble>(options.at("rounds"));
          }};
}

}  // namespace loom::combiners
