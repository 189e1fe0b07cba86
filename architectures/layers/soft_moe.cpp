// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/engine/affine_bank.h"

namespace loom::layers {
namespace soft_moe_detail {

// Jacobs et al. 1991: every expert runs on every row; the gate mixes their outputs.
class SoftMoe : public SlotLayer {
 public:
  SoftMoe(const Json& options, const std::string& prefix, const std::vector<Affine>& maps, Parameters& parameters)
      : experts_(options.at("experts")), bank_(prefix, maps, experts_, parameters) {
    const double bound = 1 / std::sqrt(static_cast<double>(bank_.in()));
    gate_ = parameters.add(prefix + "gate.weight", {bank_.in(), experts_}, {InitKind::uniform, bound});
  }
  at::Tensor forward(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const override {
    const auto gates = gate_probabilities(parameters[gate_], rows);
    pass.gates.push_back(gates.detach());
    const auto outputs = bank_.all(parameters, rows);  // [K, E, R, out]
    // Contiguous, else the layout of the gradient, and with it the order of its sums, would depend on K.
    const auto weights = gates.transpose(1, 2).contiguous().unsqueeze(-1);
    return (outputs * weights).sum(1);
  }
  int64_t inactive_parameters() const override { return 0; }

 private:
  int64_t experts_;
  AffineBank bank_;
  size_t gate_ = 0;
};

}  // namespace soft_moe_detail

LayerSource soft_moe() {
  return {.facts = {.kind = "layer",
                    .name = "soft_moe",
                    .summary = "every expert runs, a softmax gate mixes the outputs",
                    .paper = "Jacobs et al. 1991"},
          .build = [](const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                      Parameters& parameters) -> std::unique_ptr<SlotLayer> {
            return std::make_unique<soft_moe_detail::SoftMoe>(options, prefix, maps, parameters);
          }};
}

}  // namespace loom::layers
