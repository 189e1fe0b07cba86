// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "harness/engine/affine_bank.h"

namespace loom::layers {
namespace expert_choice_detail {

// Zhou et al. 2022: gates S = softmax(x W) over experts, and each expert runs the ceil(rows * capacity / experts) rows
// of the batch that have its highest gates; their outputs are added, weighted by S. The load is even by construction; a
// row may get no expert, or several. An item that is alone runs them all.
class ExpertChoice : public SlotLayer {
 public:
  ExpertChoice(const Json& options, const std::string& prefix, const std::vector<Affine>& maps, Parameters& parameters)
      : experts_(options.at("experts")), capacity_(options.at("capacity")), bank_(prefix, maps, experts_, parameters) {
    const double bound = 1 / std::sqrt(static_cast<double>(bank_.in()));
    gate_ = parameters.add(prefix + "gate.weight", {bank_.in(), experts_}, {InitKind::uniform, bound});
  }
  at::Tensor forward(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const override {
    const int64_t stack = rows.size(0), count = rows.size(1), in = rows.size(2);
    const auto gates = gate_probabilities(parameters[gate_], rows);
    pass.gates.push_back(gates.detach());
    const double share = static_cast<double>(count) * capacity_ / static_cast<double>(experts_);
    const auto taken = std::clamp<int64_t>(static_cast<int64_t>(std::ceil(share)), 1, count);
    const auto [weights, picked] = at::topk(gates.transpose(1, 2).contiguous(), taken, -1);  // [K, E, taken]
    const auto offset = at::arange(stack, picked.options()).view({stack, 1, 1}) * count;
    const auto source = (picked + offset).reshape(-1);
    const auto own = rows.reshape({stack * count, in}).index_select(0, source).view({stack, experts_, taken, in});
    const auto outputs = bank_.each(parameters, own) * weights.unsqueeze(-1);
    const int64_t out = outputs.size(3);
    return at::zeros({stack * count, out}, rows.options())
        .index_add(0, source, outputs.reshape({-1, out}))
        .view({stack, count, out});
  }
  int64_t inactive_parameters() const override { return 0; }

 private:
  int64_t experts_;
  double capacity_;
  AffineBank bank_;
  size_t gate_ = 0;
};

}  // namespace expert_choice_detail

LayerSource expert_choice() {
  return {.facts = {.kind = "layer",
                    .name = "expert_choice",
                    .summary = "each expert picks the rows of a batch that suit it best",
                    .paper = "Zhou et al. 2022",
                    .causal = false,
                    .row_independent = false},
          .build = [](const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                      Parameters& parameters) -> std::unique_ptr<SlotLayer> {
            return std::make_unique<expert_choice_detail::ExpertChoice>(options, prefix, maps, parameters);
          }};
}

}  // namespace loom::layers
