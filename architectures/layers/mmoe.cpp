// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/engine/affine_bank.h"
#include "harness/error.h"

namespace loom::layers {
namespace mmoe_detail {

// Ma et al. 2018, eq. 6 and 7: f^t(x) = sum_e softmax(x W_t)_e f_e(x). Experts are shared, each task t has a gate.
// A row has one task, so that one gate runs for it.
class Mmoe : public SlotLayer {
 public:
  Mmoe(const Json& options, const std::string& prefix, const std::vector<Affine>& maps, Parameters& parameters)
      : experts_(options.at("experts")), tasks_(options.at("tasks")), bank_(prefix, maps, experts_, parameters) {
    const double bound = 1 / std::sqrt(static_cast<double>(bank_.in()));
    gate_ = parameters.add(prefix + "gate.weight", {tasks_, bank_.in(), experts_}, {InitKind::uniform, bound}, tasks_);
  }
  at::Tensor forward(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const override {
    check(pass.tags.defined(), "layer mmoe needs the domain of each row");
    const Dispatch own(pass.tags.unsqueeze(-1), tasks_);
    const auto gates = at::softmax(chosen_products(rows, parameters[gate_], own).squeeze(2), -1);  // [K, R, E]
    pass.gates.push_back(gates.detach());
    // Contiguous: see soft_moe.
    const auto weights = gates.transpose(1, 2).contiguous().unsqueeze(-1);
    return (bank_.all(parameters, rows) * weights).sum(1);
  }
  int64_t inactive_parameters() const override { return (tasks_ - 1) * bank_.in() * experts_; }

 private:
  int64_t experts_, tasks_;
  AffineBank bank_;
  size_t gate_ = 0;
};

}  // namespace mmoe_detail

LayerSource mmoe() {
  return {.facts = {.kind = "layer",
                    .name = "mmoe",
                    .summary = "shared experts that all run, mixed by a softmax gate of the row's own task",
                    .paper = "Ma et al. 2018"},
          .build = [](const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                      Parameters& parameters) -> std::unique_ptr<SlotLayer> {
            return std::make_unique<mmoe_detail::Mmoe>(options, prefix, maps, parameters);
          }};
}

}  // namespace loom::layers
