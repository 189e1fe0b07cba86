// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/combiner.h"

namespace loom::combiners {
namespace posterior_mixture_detail {

// Bayes' rule over members with a uniform prior per window: the weight of a member at step t is proportional to the
// probability it gave to the bytes before t (Gururangan et al. 2021). Never worse than the best member by more than
// ln K nats per window. Bytes that are not scored are no evidence: they arrive as zeros.
class PosteriorMixture : public Combiner {
 public:
  void weigh(const MemberOutputs& outputs, std::span<float> weights) const override {
    const int64_t members = outputs.members, steps = outputs.steps, positions = outputs.rows * steps;
    std::vector<double> evidence(static_cast<size_t>(members));
    for (int64_t row = 0; row < outputs.rows; ++row) {
      std::ranges::fill(evidence, 0.0);
      for (int64_t step = 0; step < steps; ++step) {
        const double highest = *std::ranges::max_element(evidence);
        double sum = 0;
        for (double value : evidence) sum += std::exp(value - highest);
        for (int64_t member = 0; member < members; ++member) {
          weights[(row * steps + step) * members + member] =
              static_cast<float>(std::exp(evidence[member] - highest) / sum);
          evidence[member] += outputs.target[member * positions + row * steps + step];
        }
      }
    }
  }
  int64_t flops(int64_t members, int64_t steps, int64_t outputs) const override {
    return Combiner::flops(members, steps, outputs) + 4 * members * steps;
  }
};

}  // namespace posterior_mixture_detail

CombinerSource posterior_mixture() {
  return {.facts = {.kind = "combiner",
                    .name = "posterior_mixture",
                    .summary = "Bayesian mixture: weights from the likelihood of the prefix",
                    .paper = "Gururangan et al. 2021; Li et al. 2022",
                    .view = "target",
                    .access = {"l"},
                    .inputs = {"tokens"}},
          .build = [](const Json&) -> std::unique_ptr<Combiner> {
            return std::make_unique<posterior_mixture_detail::PosteriorMixture>();
          }};
}

}  // namespace loom::combiners
