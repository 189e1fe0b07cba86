// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/combiner.h"

namespace loom::combiners {
namespace oracle_detail {

// `owner` [domains] names each domain's member where they are not one for each domain; -1: it has none, and all
// answer.
class Oracle : public Combiner {
 public:
  explicit Oracle(std::vector<int32_t> owner) : owner_(std::move(owner)) {}
  bool gated() const override { return true; }
  void gate(const GateInput& input, std::span<float> weights) const override {
    std::ranges::fill(weights, 0.0F);
    for (int64_t row = 0; row < input.rows; ++row) {
      const auto domain = static_cast<size_t>(input.domain[static_cast<size_t>(row)]);
      const int32_t member = owner_.empty() ? static_cast<int32_t>(domain) : owner_.at(domain);
      const auto own = weights.subspan(row * input.members, input.members);
      if (member >= 0)
        own[member] = 1;
      else
        std::ranges::fill(own, 1.0F / static_cast<float>(input.members));
    }
  }
  int64_t executed(int64_t) const override { return 1; }
  int64_t flops(int64_t, int64_t, int64_t) const override { return 0; }

 private:
  std::vector<int32_t> owner_;
};

}  // namespace oracle_detail

// An upper reference, not deployable: it is told the domain.
CombinerSource oracle() {
  return {.facts = {.kind = "combiner",
                    .name = "oracle",
                    .summary = "the true domain's specialist answers; a reference, never ranked",
                    .paper = "Gururangan et al. 2021 (DEMix, the domain known)",
                    .view = "full",
                    .level = "domain",
                    .access = {"l"}},
          .build = [](const Json& options) -> std::unique_ptr<Combiner> {
            return std::make_unique<oracle_detail::Oracle>(options.value("owner", std::vector<int32_t>()));
          }};
}

}  // namespace loom::combiners
