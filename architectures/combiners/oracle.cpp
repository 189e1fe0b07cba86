// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/combiner.h"

namespace loom::combiners {
namespace oracle_detail {

class Oracle : public Combiner {
 public:
  bool gated() const override { return true; }
  void gate(const GateInput& input, std::span<float> weights) const override {
    std::ranges::fill(weights, 0.0F);
    for (int64_t row = 0; row < input.rows; ++row) weights[row * input.members + input.domain[row]] = 1;
  }
  int64_t executed(int64_t) const override { return 1; }
  int64_t flops(int64_t, int64_t, int64_t) const override { return 0; }
};

}  // namespace oracle_detail

// An upper reference, not deployable: it is told the domain.
CombinerSource oracle() {
  return {.facts = {.kind = "combiner",
                    .name = "oracle",
                    .summary = "the true domain's specialist answers; a reference, never ranked",
                    .view = "full",
                    .level = "domain",
                    .access = {"l"}},
          .build = [](const Json&) -> std::unique_ptr<Combiner> { return std::make_unique<oracle_detail::Oracle>(); }};
}

}  // namespace loom::combiners
