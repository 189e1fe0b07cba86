// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/combiner.h"

namespace loom::combiners {
namespace confidence_detail {

// All members run; at each position the surest answers, ties to the lower index. It reads what they expect there, never
// what comes.
class Confidence : public Combiner {
 public:
  explicit Confidence(bool by_entropy) : by_entropy_(by_entropy) {}
  void weigh(const MemberOutputs& outputs, std::span<float> weights) const override {
    const int64_t positions = outputs.rows * outputs.steps;
    std::ranges::fill(weights, 0.0F);
    for (int64_t at = 0; at < positions; ++at) {
      int64_t surest = 0;
      const auto doubt = [&](int64_t member) {
        return by_entropy_ ? outputs.entropy[member * positions + at] : -outputs.max_log_prob[member * positions + at];
      };
      for (int64_t member = 1; member < outputs.members; ++member)
        if (doubt(member) < doubt(surest)) surest = member;
      weights[at * outputs.members + surest] = 1;
    }
  }
  int64_t flops(int64_t members, int64_t steps, int64_t outputs) const override {
    return members * steps * outputs * (by_entropy_ ? 3 : 1);
  }

 private:
  bool by_entropy_;
};

}  // namespace confidence_detail

CombinerSource confidence() {
  return {.facts = {.kind = "combiner",
                    .name = "confidence",
                    .summary = "at each position the member that is surest answers",
                    .paper = "Hendrycks and Gimpel 2017 (maximum softmax probability)",
                    .view = "summary",
                    .access = {"p_K", "l"},
                    .fields = {{.name = "by",
                                .type = FieldType::choice,
                                .fallback = "max_prob",
                                .choices = {"max_prob", "entropy"},
                                .doc = "what tells who is surest: the highest probability, or the lowest entropy"}}},
          .build = [](const Json& options) -> std::unique_ptr<Combiner> {
            return std::make_unique<confidence_detail::Confidence>(options.at("by") == "entropy");
          }};
}

}  // namespace loom::combiners
