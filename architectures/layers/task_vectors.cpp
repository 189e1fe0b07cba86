// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/engine/affine_bank.h"

namespace loom::layers {
namespace task_vectors_detail {

// Expert 0 is a base, the others' differences from it are task vectors: each row's maps are base + sum_e c_e (expert_e
// - base), its coefficients c = scaling + bias + row * weight (Tang et al. 2024). They need not add up to 1. Since the
// maps are linear, their outputs before the activation are mixed instead. Untrained, all coefficients are `scaling`.
class TaskVectors : public SlotLayer {
 public:
  TaskVectors(const Json& options, const std::string& prefix, const std::vector<Affine>& maps, Parameters& parameters)
      : maps_(maps), vectors_(options.at("experts").get<int64_t>() - 1), scaling_(options.at("scaling")) {
    for (Affine map : maps) {
      map.after = Activation::none;
      banks_.emplace_back(prefix, std::vector{map}, 1 + vectors_, parameters);
    }
    // Two columns at least: a product with one has bits that depend on the neighbours in a stack.
    const int64_t columns = std::max<int64_t>(vectors_, 2);
    gate_ = parameters.add(prefix + "gate.weight", {maps.front().in, columns}, {InitKind::zero});
    gate_bias_ = parameters.add(prefix + "gate.bias", {1, columns}, {InitKind::zero});
  }

  at::Tensor forward(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const override {
    const auto all = at::baddbmm(parameters[gate_bias_], rows, parameters[gate_]) + scaling_;
    const auto coefficients = all.narrow(-1, 0, vectors_);
    const auto shares = at::cat({1 - coefficients.sum(-1, /*keepdim=*/true), coefficients}, -1);  // [K, R, E]
    const auto sizes = shares.detach().abs();
    pass.gates.push_back(sizes / sizes.sum(-1, /*keepdim=*/true).clamp_min(1e-12));
    // Contiguous, else the layout of the gradient, and with it the order of its sums, would depend on K.
    const auto weights = shares.transpose(1, 2).contiguous().unsqueeze(-1);  // [K, E, R, 1]
    at::Tensor values = rows;
    for (size_t i = 0; i < maps_.size(); ++i)
      values = activate((banks_[i].all(parameters, values) * weights).sum(1), maps_[i].after);
    return values;
  }
  int64_t inactive_parameters() const override { return 0; }

 private:
  std::vector<Affine> maps_;
  std::vector<AffineBank> banks_;
  int64_t vectors_;
  double scaling_;
  size_t gate_ = 0, gate_bias_ = 0;
};

}  // namespace task_vectors_detail

LayerSource task_vectors() {
  return {.facts = {.kind = "layer",
                    .name = "task_vectors",
                    .summary = "a base and what each expert differs from it, for each row as much as its gate says",
                    .paper = "Tang et al. 2024 (WEMoE)"},
          .build = [](const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                      Parameters& parameters) -> std::unique_ptr<SlotLayer> {
            return std::make_unique<task_vectors_detail::TaskVectors>(options, prefix, maps, parameters);
          }};
}

}  // namespace loom::layers
