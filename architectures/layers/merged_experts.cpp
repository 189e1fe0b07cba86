// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/engine/affine_bank.h"

namespace loom::layers {
namespace merged_experts_detail {

// Each row's affine maps are the experts' weights averaged by its gate: since the maps are linear, that is the average
// of what they give before the activation (Tang et al. 2024). Equal gates are the mean of the weights, a gate of one is
// that expert, and one expert is the dense layer.
class MergedExperts : public SlotLayer {
 public:
  MergedExperts(const Json& options, const std::string& prefix, const std::vector<Affine>& maps, Parameters& parameters)
      : maps_(maps) {
    const int64_t experts = options.at("experts");
    for (Affine map : maps) {
      map.after = Activation::none;
      banks_.emplace_back(prefix, std::vector{map}, experts, parameters);
    }
    const double bound = 1 / std::sqrt(static_cast<double>(maps.front().in));
    gate_ = parameters.add(prefix + "gate.weight", {maps.front().in, experts}, {InitKind::uniform, bound});
  }

  at::Tensor forward(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const override {
    const auto gates = gate_probabilities(parameters[gate_], rows);  // [K, R, E]
    pass.gates.push_back(gates.detach());
    // Contiguous, else the layout of the gradient, and with it the order of its sums, would depend on K.
    const auto weights = gates.transpose(1, 2).contiguous().unsqueeze(-1);  // [K, E, R, 1]
    at::Tensor values = rows;
    for (size_t i = 0; i < maps_.size(); ++i)
      values = activate((banks_[i].all(parameters, values) * weights).sum(1), maps_[i].after);
    return values;
  }
  int64_t inactive_parameters() const override { return 0; }

 private:
  std::vector<Affine> maps_;
  std::vector<AffineBank> banks_;
  size_t gate_ = 0;
};

}  // namespace merged_experts_detail

LayerSource merged_experts() {
  return {.facts = {.kind = "layer",
                    .name = "merged_experts",
                    .summary = "one set of maps, for each row the experts' weights averaged by its gate",
                    .paper = "Tang et al. 2024 (WEMoE)"},
          .build = [](const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                      Parameters& parameters) -> std::unique_ptr<SlotLayer> {
            return std::make_unique<merged_experts_detail::MergedExperts>(options, prefix, maps, parameters);
          }};
}

}  // namespace loom::layers
