// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "harness/combiner.h"

namespace loom::combiners {
namespace vote_detail {

// Plurality of the members' first choices. Its probabilities are Laplace's: one vote beforehand, spread over all
// outputs, so that an output without a vote is unlikely and not impossible. Ties go to the lower output.
class Vote : public Combiner {
 public:
  bool mixes() const override { return false; }
  void combine(const MemberOutputs& outputs, std::span<float> log_probs) const override {
    const int64_t positions = outputs.rows * outputs.steps, width = outputs.outputs;
    const double beforehand = 1 / static_cast<double>(width), all = static_cast<double>(outputs.members) + 1;
    for (int64_t at = 0; at < positions; ++at) {
      std::vector<double> votes(static_cast<size_t>(width), beforehand);
      for (int64_t member = 0; member < outputs.members; ++member) {
        const auto said = outputs.log_probs.subspan((member * positions + at) * width, width);
        votes[static_cast<size_t>(std::ranges::max_element(said) - said.begin())] += 1;
      }
      for (int64_t output = 0; output < width; ++output)
        log_probs[at * width + output] = static_cast<float>(std::log(votes[static_cast<size_t>(output)] / all));
    }
  }
  int64_t flops(int64_t members, int64_t steps, int64_t outputs) const override {
    return steps * outputs * (members + 2);
  }
};

}  // namespace vote_detail

CombinerSource vote() {
  return {.facts = {.kind = "combiner",
                    .name = "vote",
                    .summary = "the output that most members rank first",
                    .paper = "Hansen and Salamon 1990",
                    .view = "full",
                    .access = {"g"}},
          .build = [](const Json&) -> std::unique_ptr<Combiner> { return std::make_unique<vote_detail::Vote>(); }};
}

}  // namespace loom::combiners
