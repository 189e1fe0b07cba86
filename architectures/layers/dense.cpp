// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/affine_bank.h"

namespace loom::layers {
namespace dense_detail {

class Dense : public SlotLayer {
 public:
  Dense(const std::string& prefix, const std::vector<Affine>& maps, Parameters& parameters)
      : bank_(prefix, maps, 0, parameters) {}
  at::Tensor forward(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const override {
    return bank_.all(parameters, rows, &pass);
  }
  int64_t inactive_parameters() const override { return 0; }

 private:
  AffineBank bank_;
};

}  // namespace dense_detail

LayerSource dense() {
  return {.facts = {.kind = "layer", .name = "dense", .summary = "the plain layer: every row through the same maps"},
          .build = [](const Json&, const std::string& prefix, const std::vector<Affine>& maps,
                      Parameters& parameters) -> std::unique_ptr<SlotLayer> {
            return std::make_unique<dense_detail::Dense>(prefix, maps, parameters);
          }};
}

}  // namespace loom::layers
