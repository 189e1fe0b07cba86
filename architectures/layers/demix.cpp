// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/affine_bank.h"
#include "harness/error.h"

namespace loom::layers {
namespace demix_detail {

// Gururangan et al. 2021: one expert for each domain, all else of the network shared; the row's tag chooses.
class Demix : public SlotLayer {
 public:
  Demix(const Json& options, const std::string& prefix, const std::vector<Affine>& maps, Parameters& parameters)
      : experts_(options.at("experts")), bank_(prefix, maps, experts_, parameters) {}
  at::Tensor forward(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const override {
    check(pass.tags.defined(), "layer demix needs the domain of each row");
    const auto choices = pass.tags.unsqueeze(-1);
    return bank_.chosen(parameters, rows, Dispatch(choices, experts_)).squeeze(2);
  }
  int64_t inactive_parameters() const override { return (experts_ - 1) * bank_.parameters_per_expert(); }

 private:
  int64_t experts_;
  AffineBank bank_;
};

}  // namespace demix_detail

LayerSource demix() {
  return {.facts = {.kind = "layer",
                    .name = "demix",
                    .summary = "one expert for each domain, chosen by the domain's number",
                    .paper = "Gururangan et al. 2021"},
          .build = [](const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                      Parameters& parameters) -> std::unique_ptr<SlotLayer> {
            return std::make_unique<demix_detail::Demix>(options, prefix, maps, parameters);
          }};
}

}  // namespace loom::layers
