// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/affine_bank.h"

namespace loom::layers {
namespace hash_moe_detail {

// Roller et al. 2021: a fixed random hash chooses the expert, by the current byte on tokens and else by the item's
// bits. Nothing is learned about routing: the null of every learned gate.
class HashMoe : public SlotLayer {
 public:
  HashMoe(const Json& options, const std::string& prefix, const std::vector<Affine>& maps, Parameters& parameters)
      : experts_(options.at("experts")), seed_(options.at("hash_seed")), bank_(prefix, maps, experts_, parameters) {}
  at::Tensor forward(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const override {
    const auto choices = expert_of(row_keys(pass)).unsqueeze(-1);
    pass.choices.push_back(choices);
    return bank_.chosen(parameters, rows, Dispatch(choices, experts_)).squeeze(2);
  }
  int64_t inactive_parameters() const override { return (experts_ - 1) * bank_.parameters_per_expert(); }

 private:
  at::Tensor expert_of(const at::Tensor& keys) const {
    const auto host = keys.to(at::kCPU).contiguous();
    auto experts = at::empty_like(host);
    for (int64_t i = 0; i < host.numel(); ++i) {
      const auto key = static_cast<uint64_t>(host.data_ptr<int64_t>()[i]);
      Stream draw(seed_, "hash_moe", key);
      experts.data_ptr<int64_t>()[i] = static_cast<int64_t>(draw.below(static_cast<uint64_t>(experts_)));
    }
    return experts.to(keys.device());
  }

  int64_t experts_;
  uint64_t seed_;
  AffineBank bank_;
};

}  // namespace hash_moe_detail

LayerSource hash_moe() {
  return {.facts = {.kind = "layer",
                    .name = "hash_moe",
                    .summary = "one expert of many, chosen by a fixed hash of the byte or the item",
                    .paper = "Roller et al. 2021"},
          .build = [](const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                      Parameters& parameters) -> std::unique_ptr<SlotLayer> {
            return std::make_unique<hash_moe_detail::HashMoe>(options, prefix, maps, parameters);
          }};
}

}  // namespace loom::layers
