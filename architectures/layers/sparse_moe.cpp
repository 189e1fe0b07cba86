// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/engine/affine_bank.h"
#include "harness/engine/row_affine.h"

namespace loom::layers {
namespace sparse_moe_detail {

// Shazeer et al. 2017, Fedus et al. 2021: the top_k experts of each row run, weighted by their gate probability.
// Dropless: rows are sorted by expert and each expert multiplies exactly its own rows. With top_k = experts the
// weights are those of soft_moe, with one expert the layer is dense.
//
// In training only: `noise`, the standard deviation of what is added to the gate's logits; `balance` and `z_loss`,
// weights of two losses; `capacity`, beyond which an expert's later choices give zero. Rows come in order, so that on
// tokens what is dropped depends on nothing later. An answer depends on none of these, nor on its batch. A dropped
// choice is computed and charged: a budget must not depend on what a gate does.
class SparseMoe : public SlotLayer {
 public:
  SparseMoe(const Json& options, const std::string& prefix, const std::vector<Affine>& maps, Parameters& parameters)
      : experts_(options.at("experts")),
        top_k_(options.at("top_k")),
        shared_count_(options.value("shared", int64_t{0})),
        balance_(options.at("balance")),
        z_loss_(options.value("z_loss", 0.0)),
        noise_(options.value("noise", 0.0)),
        bank_(prefix, maps, experts_, parameters),
        noise_stream_("noise/" + prefix) {
    if (const Json given = options.value("capacity", Json()); !given.is_null()) capacity_ = given.get<double>();
    const double bound = 1 / std::sqrt(static_cast<double>(bank_.in()));
    gate_ = parameters.add(prefix + "gate.weight", {bank_.in(), experts_}, {InitKind::uniform, bound});
    if (shared_count_ > 0) shared_.emplace(prefix + "shared.", maps, shared_count_, parameters);
  }

  at::Tensor forward(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const override {
    const auto mixed =
        bank_.answers_directly(rows, pass) ? direct(parameters, rows, pass) : regular(parameters, rows, pass);
    return shared_ ? mixed + shared_->all(parameters, rows).sum(1) : mixed;
  }
  int64_t inactive_parameters() const override { return (experts_ - top_k_) * bank_.parameters_per_expert(); }

 private:
  at::Tensor regular(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const {
    auto logits = batched_product(rows, parameters[gate_]);
    if (pass.training && noise_ > 0) logits = logits + drawn(parameters, logits, pass.step);
    const auto gates = at::softmax(logits, -1);
    const auto [probabilities, choices] = at::topk(gates, top_k_, -1);  // [K, R, top_k]
    const Dispatch dispatch(choices, experts_);
    if (pass.training) add_losses(logits, gates, dispatch, pass);
    pass.gates.push_back(gates.detach());
    pass.choices.push_back(choices);
    const auto weights = pass.training && capacity_ ? within_capacity(probabilities, dispatch) : probabilities;
    const auto weighted = bank_.chosen(parameters, rows, dispatch) * weights.unsqueeze(-1);
    return top_k_ == 1 ? weighted.squeeze(2) : weighted.sum(2);
  }

  at::Tensor direct(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const {
    const Gated gated = gated_directly(rows, parameters[gate_], top_k_);
    pass.gates.push_back(gated.gates);
    pass.choices.push_back(gated.choices);
    return bank_.mixed(parameters, rows, gated);
  }

  at::Tensor drawn(const Parameters& parameters, const at::Tensor& logits, int64_t step) const {
    std::vector<float> values(static_cast<size_t>(logits.numel()));
    const size_t own = values.size() / static_cast<size_t>(logits.size(0));
    for (int64_t member = 0; member < logits.size(0); ++member)
      fill_normal(std::span(values).subspan(static_cast<size_t>(member) * own, own), noise_,
                  parameters.stream(member, noise_stream_, static_cast<uint64_t>(step)));
    return at::from_blob(values.data(), logits.sizes(), at::kFloat).to(logits.options(), false, /*copy=*/true);
  }

  void add_losses(const at::Tensor& logits, const at::Tensor& gates, const Dispatch& dispatch, Pass& pass) const {
    const auto chosen = static_cast<double>(gates.size(1) * top_k_);
    if (balance_ > 0)
      pass.add_auxiliary(load_balance_loss(gates, dispatch.sizes().to(gates.scalar_type()) / chosen) * balance_);
    // Zoph et al. 2022 (ST-MoE), eq. 5; summed over the stack.
    if (z_loss_ > 0) pass.add_auxiliary(at::logsumexp(logits, {-1}).square().mean(1).sum() * z_loss_);
  }

  // Fedus et al. 2021, eq. 3: an expert takes capacity x (choices / experts) of a batch, whole ones.
  at::Tensor within_capacity(const at::Tensor& probabilities, const Dispatch& dispatch) const {
    const int64_t taken = Dispatch::capacity(probabilities.size(1) * top_k_, *capacity_, experts_);
    return probabilities * dispatch.places().lt(taken).to(probabilities.scalar_type());
  }

  int64_t experts_, top_k_, shared_count_;
  double balance_, z_loss_, noise_;
  std::optional<double> capacity_;
  AffineBank bank_;
  std::optional<AffineBank> shared_;
  std::string noise_stream_;
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
