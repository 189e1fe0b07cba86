// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/combiner.h"

namespace loom::combiners {
namespace best_constant_detail {

// Null: one member for everything, the one of best macro loss over domains on validation. A router must beat it.
class BestConstant : public Combiner {
 public:
  bool gated() const override { return true; }
  bool needs_fit() const override { return true; }
  void fit(std::span<const Outcomes> validation, int64_t domains) override {
    double lowest = 0;
    for (size_t member = 0; member < validation.size(); ++member) {
      std::vector<double> sum(static_cast<size_t>(domains)), count(static_cast<size_t>(domains));
      const Outcomes& said = validation[member];
      for (size_t i = 0; i < said.target_log_prob.size(); ++i) {
        if (said.target[i] < 0) continue;  // not scored
        const auto domain = static_cast<size_t>(said.domain[i / static_cast<size_t>(said.steps)]);
        sum[domain] -= said.target_log_prob[i];
        count[domain] += 1;
      }
      double loss = 0;
      for (size_t domain = 0; domain < sum.size(); ++domain) loss += sum[domain] / std::max(count[domain], 1.0);
      if (member == 0 || loss < lowest) {
        lowest = loss;
        choice_ = static_cast<int64_t>(member);
      }
    }
  }
  Json state() const override { return {{"member", choice_}}; }
  void restore(const Json& state) override { choice_ = state.at("member"); }
  void gate(const GateInput& input, std::span<float> weights) const override {
    std::ranges::fill(weights, 0.0F);
    for (int64_t row = 0; row < input.rows; ++row) weights[row * input.members + choice_] = 1;
  }
  int64_t executed(int64_t) const override { return 1; }
  int64_t flops(int64_t, int64_t, int64_t) const override { return 0; }

 private:
  int64_t choice_ = 0;
};

}  // namespace best_constant_detail

CombinerSource best_constant() {
  return {.facts = {.kind = "combiner",
                    .name = "best_constant",
                    .summary = "null: the one member that is best on validation answers everything",
                    .view = "full",
                    .access = {"l"}},
          .build = [](const Json&) -> std::unique_ptr<Combiner> {
            return std::make_unique<best_constant_detail::BestConstant>();
          }};
}

}  // namespace loom::combiners
