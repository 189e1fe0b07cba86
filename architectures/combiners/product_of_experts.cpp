// SPDX-License-Identifier: Apache-2.0
#include "architectures/combiners/_pool.h"

namespace loom::combiners {
namespace product_of_experts_detail {

// Members that agree make it surer than any of them: right where they judge independent evidence.
class ProductOfExperts : public Combiner {
 public:
  bool mixes() const override { return false; }
  void combine(const MemberOutputs& outputs, std::span<float> log_probs) const override { pool(outputs, 1, log_probs); }
};

}  // namespace product_of_experts_detail

CombinerSource product_of_experts() {
  return {.facts = {.kind = "combiner",
                    .name = "product_of_experts",
                    .summary = "the normalised product of the members' probabilities",
                    .paper = "Hinton 1999",
                    .view = "full",
                    .access = {"l"}},
          .build = [](const Json&) -> std::unique_ptr<Combiner> {
            return std::make_unique<product_of_experts_detail::ProductOfExperts>();
          }};
}

}  // namespace loom::combiners
