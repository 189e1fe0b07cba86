// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "architectures/backbones/_hidden_layers.h"

namespace loom::backbones {
namespace mlp_detail {

at::Tensor adapt(const AffineBank& bank, const Parameters& parameters, const at::Tensor& rows, const Dispatch& own) {
  return bank.chosen(parameters, rows, own).squeeze(2);
}

// inputs -> (depth - 1) hidden layers of `width` -> one of `hidden` -> outputs. Hidden layers are the slots. Where
// domains have adapters, a layer of `width` comes first, and it and the head are each domain's own, around hidden
// layers that all share (Caruana 1997).
class Mlp : public Backbone {
 public:
  Mlp(const NetworkSpec& spec, Parameters& parameters)
      : adapters_(spec.shape.adapters), tags_(spec.input_tags()), inputs_(spec.shape.input_dim - spec.shape.adapters) {
    const int64_t in = inputs_ + tags_, width = spec.backbone.at("width");
    if (adapters_ > 0)
      first_.emplace("layer0.", std::vector<Affine>{{"map", in, width, Activation::relu, fan_in(in), fan_in(in)}},
                     adapters_, parameters);
    layers_.emplace(spec, adapters_ > 0 ? width : in, layer_sizes(spec), adapters_ > 0 ? 1 : 0, parameters);
    if (adapters_ > 0)
      own_head_.emplace("", std::vector{head_map(spec)}, adapters_, parameters);
    else
      head_ = head_layer(spec, parameters);
  }

  at::Tensor forward(const Parameters& parameters, const at::Tensor& inputs, const at::Tensor& tags,
                     Pass& pass) const override {
    if (adapters_ == 0)
      return head_->forward(parameters, layers_->forward(parameters, with_tag(inputs, tags, tags_), pass), pass);
    const Dispatch own(inputs.narrow(-1, inputs_, adapters_).argmax(-1, /*keepdim=*/true), adapters_);
    const auto values = with_tag(inputs.narrow(-1, 0, inputs_), tags, tags_);
    const auto shared = layers_->forward(parameters, adapt(*first_, parameters, values, own), pass);
    return adapt(*own_head_, parameters, shared, own);
  }

  int64_t inactive_parameters() const override {
    if (adapters_ == 0) return layers_->inactive_parameters() + head_->inactive_parameters();
    const int64_t adapter = first_->parameters_per_expert() + own_head_->parameters_per_expert();
    return layers_->inactive_parameters() + (adapters_ - 1) * adapter;
  }

 private:
  int64_t adapters_, tags_, inputs_;
  std::optional<AffineBank> first_, own_head_;  // with adapters
  std::unique_ptr<SlotLayer> head_;             // without
  std::optional<HiddenLayers> layers_;
};

}  // namespace mlp_detail

BackboneSource mlp() {
  return {
      .facts = {.kind = "backbone",
                .name = "mlp",
                .summary = "multi-layer perceptron with ReLU; slots: the hidden layers; where a suite has adapters, "
                           "a first layer and a head for each domain, all of them held by specialists too",
                .inputs = {"vector"},
                // At least 2: a product with one column takes another path in the library, whose bits depend on
                // where the column lies in memory, and so on the member's neighbours in a stack.
                .fields = {{.name = "width",
                            .fallback = 64,
                            .min = 2,
                            .max = 65536,
                            .doc = "units of the hidden layers but the last"},
                           {.name = "hidden",
                            .fallback = nullptr,
                            .min = 2,
                            .max = 65536,
                            .doc = "units of the last hidden layer (default: width); the solver's fine size"},
                           {.name = "depth", .fallback = 2, .min = 1, .max = 64, .doc = "hidden layers"}}},
      .build = [](const NetworkSpec& spec, Parameters& parameters) -> std::unique_ptr<Backbone> {
        return std::make_unique<mlp_detail::Mlp>(spec, parameters);
      },
      .resize = resize_hidden,
      .width_step = 4};
}

}  // namespace loom::backbones
