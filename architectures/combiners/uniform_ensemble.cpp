// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/combiner.h"

namespace loom::combiners {
namespace uniform_ensemble_detail {

class UniformEnsemble : public Combiner {
 public:
  bool gated() const override { return true; }
  void gate(const GateInput& input, std::span<float> weights) const override {
    std::ranges::fill(weights, 1.0F / static_cast<float>(input.members));
  }
};

}  // namespace uniform_ensemble_detail

CombinerSource uniform_ensemble() {
  return {.facts = {.kind = "combiner",
                    .name = "uniform_ensemble",
                    .summary = "the mean of all members' probabilities",
                    .paper = "Hansen and Salamon 1990",
                    .view = "target",
                    .access = {"l"}},
          .build = [](const Json&) -> std::unique_ptr<Combiner> {
            return std::make_unique<uniform_ensemble_detail::UniformEnsemble>();
          }};
}

}  // namespace loom::combiners
