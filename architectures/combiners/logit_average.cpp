// SPDX-License-Identifier: Apache-2.0
#include "architectures/combiners/_pool.h"

namespace loom::combiners {
namespace logit_average_detail {

// The mean of logits and the mean of log-probabilities differ by a constant, which the softmax takes out.
class LogitAverage : public Combiner {
 public:
  bool mixes() const override { return false; }
  void combine(const MemberOutputs& outputs, std::span<float> log_probs) const override {
    pool(outputs, 1 / static_cast<double>(outputs.members), log_probs);
  }
};

}  // namespace logit_average_detail

CombinerSource logit_average() {
  return {.facts = {.kind = "combiner",
                    .name = "logit_average",
                    .summary = "softmax of the members' mean logits: the geometric mean of their probabilities",
                    .paper = "Genest and Zidek 1986 (logarithmic pool)",
                    .view = "full",
                    .access = {"l"}},
          .build = [](const Json&) -> std::unique_ptr<Combiner> {
            return std::make_unique<logit_average_detail::LogitAverage>();
          }};
}

}  // namespace loom::combiners
