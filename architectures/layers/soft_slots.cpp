// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/engine/affine_bank.h"
#include "harness/engine/row_affine.h"

namespace loom::layers {
namespace soft_slots_detail {

// Puigcerver et al. 2024 (Soft MoE), 2.1: of the logits X Phi [rows, experts x slots] the softmax over the rows, D,
// makes each slot's input, a mean of all rows of the batch; experts run their own slots; the softmax over the slots, C,
// makes each row's output. Nothing is dropped and every expert has the same load, slots in number, whatever the batch.
// Without the normalisation of X and Phi (2.3), which the paper adds for large widths.
class SoftSlots : public SlotLayer {
 public:
  SoftSlots(const Json& options, const std::string& prefix, const std::vector<Affine>& maps, Parameters& parameters)
      : experts_(options.at("experts")), slots_(options.at("slots")), bank_(prefix, maps, experts_, parameters) {
    const double bound = 1 / std::sqrt(static_cast<double>(bank_.in()));
    phi_ = parameters.add(prefix + "gate.weight", {bank_.in(), experts_ * slots_}, {InitKind::uniform, bound});
  }
  at::Tensor forward(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const override {
    const int64_t stack = rows.size(0), count = rows.size(1), in = rows.size(2);
    const auto logits = batched_product(rows, parameters[phi_]);  // [K, R, experts * slots]
    // Contiguous, else the layout of the gradient, and with it the order of its sums, would depend on K.
    const auto dispatch = at::softmax(logits.transpose(1, 2).contiguous(), -1);
    const auto combine = at::softmax(logits, -1);
    pass.gates.push_back(combine.detach().view({stack, count, experts_, slots_}).sum(-1));
    const auto filled = batched_product(dispatch, rows).view({stack, experts_, slots_, in});
    const auto said = bank_.each(parameters, filled);  // [K, experts, slots, out]
    return batched_product(combine, said.reshape({stack, experts_ * slots_, said.size(3)}));
  }
  int64_t inactive_parameters() const override { return 0; }

 private:
  int64_t experts_, slots_;
  AffineBank bank_;
  size_t phi_ = 0;
};

}  // namespace soft_slots_detail

LayerSource soft_slots() {
  return {
      .facts = {.kind = "layer",
                .name = "soft_slots",
                .summary = "experts run slots, each a mean of the batch's rows, and rows are means of what they say",
                .paper = "Puigcerver et al. 2024 (Soft MoE)",
                .causal = false,
                .row_independent = false},
      .build = [](const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                  Parameters& parameters) -> std::unique_ptr<SlotLayer> {
        return std::make_unique<soft_slots_detail::SoftSlots>(options, prefix, maps, parameters);
      }};
}

}  // namespace loom::layers
