// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "harness/combiner.h"

namespace loom::combiners {
namespace router_detail {

// hard: the router's first choice answers (ties to the lower index, so that equal scores route alike on every machine).
// soft: all answer, mixed by the router's probabilities. On tokens the router reads the first 16 bytes of the window.
class Router : public Combiner {
 public:
  explicit Router(bool soft) : soft_(soft) {}
  bool needs_router() const override { return true; }
  bool gated() const override { return true; }
  int64_t prefix() const override { return kPrefixBytes; }
  void gate(const GateInput& input, std::span<float> weights) const override {
    std::ranges::fill(weights, 0.0F);
    for (int64_t row = 0; row < input.rows; ++row) {
      const auto scores = input.router_log_probs.subspan(row * input.members, input.members);
      if (soft_) {
        for (int64_t member = 0; member < input.members; ++member)
          weights[row * input.members + member] = std::exp(scores[member]);
      } else {
        weights[row * input.members + (std::ranges::max_element(scores) - scores.begin())] = 1;
      }
    }
  }
  int64_t executed(int64_t members) const override { return soft_ ? members : 1; }
  int64_t flops(int64_t members, int64_t steps, int64_t outputs) const override {
    return soft_ ? Combiner::flops(members, steps, outputs) : 0;
  }

 private:
  bool soft_;
};

}  // namespace router_detail

CombinerSource router() {
  return {
      .facts = {.kind = "combiner",
                .name = "router",
                .summary = "a small classifier, trained on the router split, picks or mixes specialists",
                .paper = "Jacobs et al. 1991",
                .view = "full",
                .access = {"l"},
                .fields =
                    {{.name = "mode",
                      .type = FieldType::choice,
                      .fallback = "hard",
                      .choices = {"hard", "soft"},
                      .doc = "hard: one specialist answers; soft: all, mixed"},
                     {.name = "hidden", .fallback = 16, .min = 1, .max = 65536, .doc = "hidden units of the router"},
                     {.name = "epochs", .fallback = 20, .min = 1, .max = 1000, .doc = "passes over the router split"},
                     {.name = "target",
                      .type = FieldType::choice,
                      .fallback = "domain",
                      .choices = {"domain", "best_member", "part"},
                      .doc = "what the router learns: the domain, the member of lowest loss, or whose part of the data "
                             "an item is in"}}},
      .build = [](const Json& options) -> std::unique_ptr<Combiner> {
        return std::make_unique<router_detail::Router>(options.at("mode") == "soft");
      }};
}

}  // namespace loom::combiners
