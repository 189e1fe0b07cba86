// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/combiner.h"

namespace loom::combiners {
namespace random_router_detail {

// Null: a member drawn by the hash of the input, so that an item routes alike in every batch. On tokens it reads what a
// router would read.
class RandomRouter : public Combiner {
 public:
  bool gated() const override { return true; }
  bool needs_keys() const override { return true; }
  int64_t prefix() const override { return kPrefixBytes; }
  void gate(const GateInput& input, std::span<float> weights) const override {
    std::ranges::fill(weights, 0.0F);
    for (int64_t row = 0; row < input.rows; ++row)
      weights[row * input.members + static_cast<int64_t>(input.key[row] % static_cast<uint64_t>(input.members))] = 1;
  }
  int64_t executed(int64_t) const override { return 1; }
  int64_t flops(int64_t, int64_t, int64_t) const override { return 0; }
};

}  // namespace random_router_detail

CombinerSource random_router() {
  return {.facts = {.kind = "combiner",
                    .name = "random_router",
                    .summary = "null: a member drawn at random per item answers",
                    .paper = "Ong et al. 2024 (RouteLLM, its random router)",
                    .view = "full",
                    .access = {"l"}},
          .build = [](const Json&) -> std::unique_ptr<Combiner> {
            return std::make_unique<random_router_detail::RandomRouter>();
          }};
}

}  // namespace loom::combiners
