// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "architectures/combiners/_validation.h"

namespace loom::combiners {
namespace best_constant_detail {

// Null: one member for everything, the one of best macro loss over domains on the calibration split. A router must beat
// it.
class BestConstant : public Combiner {
 public:
  bool gated() const override { return true; }
  bool needs_fit() const override { return true; }
  void fit(const FitInput& input) override {
    const auto losses = member_losses(input.calibration, macro_weights(input.calibration[0], input.domains));
    choice_ = std::ranges::min_element(losses) - losses.begin();
  }
  void save(Json& state, Arrays&) const override { state = {{"member", choice_}}; }
  void restore(const Json& state, const Arrays&) override { choice_ = state.at("member"); }
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
                    .summary = "null: the one member that is best on calibration answers everything",
                    .paper = "Schaffer 1993 (selecting a method by cross-validation)",
                    .view = "full",
                    .access = {"l"}},
          .build = [](const Json&) -> std::unique_ptr<Combiner> {
            return std::make_unique<best_constant_detail::BestConstant>();
          }};
}

}  // namespace loom::combiners
