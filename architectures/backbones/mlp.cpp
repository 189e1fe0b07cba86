// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/engine/network.h"
#include "harness/error.h"

namespace loom::backbones {
namespace mlp_detail {

Init fan_in(int64_t in) { return {InitKind::uniform, 1 / std::sqrt(static_cast<double>(in))}; }

// inputs -> (depth - 1) hidden layers of `width` -> one of `hidden` -> outputs. Hidden layers are the slots.
class Mlp : public Backbone {
 public:
  Mlp(const NetworkSpec& spec, Parameters& parameters) {
    const int64_t width = spec.backbone.at("width"), depth = spec.backbone.at("depth");
    const int64_t hidden = spec.backbone.at("hidden").is_null() ? width : spec.backbone.at("hidden").get<int64_t>();
    int64_t in = spec.shape.input_dim + spec.tags;  // a tag is appended as a one-hot vector
    tags_ = spec.tags;
    for (int64_t i = 0; i < depth; ++i) {
      const int64_t out = i + 1 < depth ? width : hidden;
      slots_.push_back(build_layer(spec.layer, "layer" + std::to_string(i) + ".",
                                   {{"map", in, out, Activation::relu, fan_in(in), fan_in(in)}}, parameters));
      in = out;
    }
    head_weight_ = parameters.add("head.weight", {in, spec.shape.outputs}, fan_in(in));
    head_bias_ = parameters.add("head.bias", {1, spec.shape.outputs}, fan_in(in));
  }

  at::Tensor forward(const Parameters& parameters, const at::Tensor& inputs, const at::Tensor& tags,
                     Pass& pass) const override {
    at::Tensor values = inputs;
    if (tags_ > 0) values = at::cat({values, at::one_hot(tags, tags_).to(values.scalar_type())}, -1);
    for (const auto& slot : slots_) values = slot->forward(parameters, values, pass);
    return at::baddbmm(parameters[head_bias_], values, parameters[head_weight_]);
  }

  int64_t inactive_parameters() const override {
    int64_t count = 0;
    for (const auto& slot : slots_) count += slot->inactive_parameters();
    return count;
  }

 private:
  std::vector<std::unique_ptr<SlotLayer>> slots_;
  size_t head_weight_ = 0, head_bias_ = 0;
  int64_t tags_ = 0;
};

Json resize(Json options, int64_t width, int64_t hidden) {
  options["width"] = width;
  options["hidden"] = hidden > 0 ? hidden : width;
  return options;
}

}  // namespace mlp_detail

BackboneSource mlp() {
  return {.facts = {.kind = "backbone",
                    .name = "mlp",
                    .summary = "multi-layer perceptron with ReLU; slots: the hidden layers",
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
          .resize = mlp_detail::resize,
          .width_step = 4};
}

}  // namespace loom::backbones
