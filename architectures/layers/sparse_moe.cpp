// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/engine/affine_bank.h"

namespace loom::layers {
namespace sparse_moe_detail {

// Shazeer et al. 2017, Fedus et al. 2021: the top_k experts of each row run, weighted by their gate probability.
// Dropless: rows are sorted by expert and each expert multiplies exactly its own rows. With top_k = experts the
// weights are those of soft_moe, with one expert the layer is dense.
class SparseMoe : public SlotLayer {
 public:
  SparseMoe(const Json& options, const std::string& prefix, const std::vector<Affine>& maps, Parameters& parameters)
      : experts_(options.at("experts")),
        top_k_(options.at("top_k")),
        balance_(options.at("balance")),
        bank_(prefix, maps, experts_, parameters) {
    const double bound = 1 / std::sqrt(static_cast<double>(bank_.in()));
    gate_ = parameters.add(prefix + "gate.weight", {bank_.in(), experts_}, {InitKind::uniform, bound});
  }

  at::Tensor forward(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const override {
    const int64_t stack = rows.size(0), count = rows.size(1);
    const auto gates = gate_probabilities(parameters[gate_], rows);
    const auto [weights, choices] = at::topk(gates, top_k_, -1);  // [K, R, top_k]
    auto segment = choices.reshape({stack, -1});                  // one entry per (row, choice)
    if (stack > 1) segment = segment + at::arange(stack, choices.options()).unsqueeze(1) * experts_;
    segment = segment.reshape(-1);
    const auto order = at::argsort(segment, /*stable=*/true, /*dim=*/0, /*descending=*/false);
    const auto sizes = at::bincount(segment, {}, stack * experts_);
    const auto counts = sizes.to(at::kCPU);
    if (pass.training && balance_ > 0) {
      const auto share = sizes.view({stack, experts_}).to(gates.scalar_type()) / static_cast<double>(count * top_k_);
      pass.add_auxiliary(load_balance_loss(gates, share) * balance_);
    }
    pass.gates.push_back(gates.detach());
    pass.choices.push_back(choices);
    const auto source = top_k_ == 1 ? order : at::floor_divide(order, top_k_);  // row of the flattened [K * R]
    const auto sorted = rows.reshape({stack * count, rows.size(2)}).index_select(0, source);
    const auto outputs =
        bank_.grouped(parameters, sorted, {counts.data_ptr<int64_t>(), static_cast<size_t>(counts.numel())});
    const auto inverse = at::empty_like(order).scatter_(0, order, at::arange(order.numel(), order.options()));
    const auto restored = outputs.index_select(0, inverse).view({stack, count, top_k_, -1}) * weights.unsqueeze(-1);
    return top_k_ == 1 ? restored.squeeze(2) : restored.sum(2);
  }
  int64_t inactive_parameters() const override { return (experts_ - top_k_) * bank_.parameters_per_expert(); }

 private:
  int64_t experts_, top_k_;
  double balance_;
  AffineBank bank_;
  size_t gate_ = 0;
};

}  // namespace sparse_moe_detail

LayerSource sparse_moe() {
  return {.facts = {.kind = "layer",
                    .name = "sparse_moe",
                    .summary = "the top_k experts of each row run, dropless, dispatched by sort",
                    .paper = "Shazeer et al. 2017; Fedus et al. 2021"},
          .build = [](const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                      Parameters& parameters) -> std::unique_ptr<SlotLayer> {
            return std::make_unique<sparse_moe_detail::SparseMoe>(options, prefix, maps, parameters);
          }};
}

}  // namespace loom::layers
