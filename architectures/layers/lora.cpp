// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/engine/affine_bank.h"
#include "harness/error.h"

namespace loom::layers {
namespace lora_detail {

// Hu et al. 2021, a bank of them: every map is one shared W and a product of low rank for each task t,
// x W + b + (alpha / rank) x A_t B_t. A is drawn at random and B is zero, so that training starts from the dense layer.
// Whether W learns too, the run decides (Trains).
class Lora : public SlotLayer {
 public:
  Lora(const Json& options, const std::string& prefix, const std::vector<Affine>& maps, Parameters& parameters)
      : tasks_(options.at("tasks")),
        rank_(options.at("rank")),
        scale_(options.at("alpha").get<double>() / static_cast<double>(rank_)) {
    for (const Affine& map : maps) {
      Affine plain = map;
      plain.after = Activation::none;
      const Init small = {InitKind::uniform, 1 / std::sqrt(static_cast<double>(map.in))};
      const size_t down = parameters.add(prefix + map.name + ".lora_a", {tasks_, map.in, rank_}, small, tasks_);
      const size_t up = parameters.add(prefix + map.name + ".lora_b", {tasks_, rank_, map.out}, {}, tasks_);
      adapted_.push_back({map, AffineBank(prefix, {plain}, 0, parameters), down, up});
    }
  }
  at::Tensor forward(const Parameters& parameters, const at::Tensor& rows, Pass& pass) const override {
    check(pass.tags.defined(), "layer lora needs the domain of each row");
    const Dispatch own(pass.tags.unsqueeze(-1), tasks_);
    at::Tensor values = rows;
    for (const Adapted& one : adapted_) {
      const auto low = chosen_products(values, parameters[one.down], own).squeeze(2);
      const auto delta = chosen_products(low, parameters[one.up], own).squeeze(2);
      values = activate(one.shared.all(parameters, values) + delta * scale_, one.map.after);
    }
    return values;
  }
  int64_t inactive_parameters() const override {
    int64_t count = 0;
    for (const Adapted& one : adapted_) count += (tasks_ - 1) * rank_ * (one.map.in + one.map.out);
    return count;
  }

 private:
  struct Adapted {
    Affine map;
    AffineBank shared;
    size_t down, up;
  };
  int64_t tasks_, rank_;
  double scale_;
  std::vector<Adapted> adapted_;
};

}  // namespace lora_detail

LayerSource lora() {
  return {.facts = {.kind = "layer",
                    .name = "lora",
                    .summary = "shared maps and a low-rank change of each for every domain",
                    .paper = "Hu et al. 2021"},
          .build = [](const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                      Parameters& parameters) -> std::unique_ptr<SlotLayer> {
            return std::make_unique<lora_detail::Lora>(options, prefix, maps, parameters);
          }};
}

}  // namespace loom::layers
