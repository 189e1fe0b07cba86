// SPDX-License-Identifier: Apache-2.0
#include "architectures/backbones/_hidden_layers.h"

#include <cmath>

namespace loom::backbones {

Init fan_in(int64_t in) { return {InitKind::uniform, 1 / std::sqrt(static_cast<double>(in))}; }

HiddenLayers::HiddenLayers(const NetworkSpec& spec, int64_t in, const std::vector<int64_t>& sizes, int64_t first,
                           Parameters& parameters) {
  Json options = spec.layer;
  for (const int64_t out : sizes) {
    options["last"] = slots_.size() + 1 == sizes.size();
    slots_.push_back(build_layer(options, "layer" + std::to_string(first++) + ".",
                                 {{"map", in, out, Activation::relu, fan_in(in), fan_in(in)}}, parameters));
    in = out;
  }
}

at::Tensor HiddenLayers::forward(const Parameters& parameters, at::Tensor values, Pass& pass) const {
  for (const auto& slot : slots_) values = slot->forward(parameters, values, pass);
  return values;
}

int64_t HiddenLayers::inactive_parameters() const {
  int64_t count = 0;
  for (const auto& slot : slots_) count += slot->inactive_parameters();
  return count;
}

Affine head_map(const NetworkSpec& spec) {
  const int64_t in = hidden_size(spec);
  return {"head", in, spec.shape.outputs, Activation::none, fan_in(in), fan_in(in)};
}

std::unique_ptr<SlotLayer> head_layer(const NetworkSpec& spec, Parameters& parameters) {
  return build_layer(spec.head, "", {head_map(spec)}, parameters);
}

int64_t hidden_size(const NetworkSpec& spec) {
  return spec.backbone.at(spec.backbone.at("hidden").is_null() ? "width" : "hidden");
}

std::vector<int64_t> layer_sizes(const NetworkSpec& spec) {
  std::vector<int64_t> sizes(spec.backbone.at("depth").get<size_t>(), spec.backbone.at("width").get<int64_t>());
  sizes.back() = hidden_size(spec);
  return sizes;
}

Json resize_hidden(Json options, int64_t width, int64_t hidden) {
  options["width"] = width;
  options["hidden"] = hidden > 0 ? hidden : width;
  return options;
}

at::Tensor with_tag(const at::Tensor& values, const at::Tensor& tags, int64_t count) {
  return count > 0 ? at::cat({values, at::one_hot(tags, count).to(values.scalar_type())}, -1) : values;
}

}  // namespace loom::backbones
