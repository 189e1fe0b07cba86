// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/network.h"

#include "harness/error.h"

namespace loom {
namespace network_detail {

// LibTorch's vector loops take 32 values at a time and hand the rest to a scalar tanh that rounds differently. A tail
// lies where the stack ends, so that a member's bits would depend on how many are stacked: no tail, then.
at::Tensor even_gelu(const at::Tensor& values) {
  constexpr int64_t kVector = 32;
  const int64_t tail = values.numel() % kVector;
  if (tail == 0) return at::gelu(values, "tanh");
  const auto padded = at::constant_pad_nd(values.reshape(-1), {0, kVector - tail});
  return at::gelu(padded, "tanh").narrow(0, 0, values.numel()).view(values.sizes());
}

}  // namespace network_detail

using namespace network_detail;

Json to_json(const NetworkSpec& spec) {
  return {{"backbone", spec.backbone},           {"layer", spec.layer},
          {"kind", name(spec.shape.kind)},       {"input_dim", spec.shape.input_dim},
          {"vocabulary", spec.shape.vocabulary}, {"outputs", spec.shape.outputs},
          {"domains", spec.shape.domains},       {"image", spec.shape.image},
          {"adapters", spec.shape.adapters},     {"tags", spec.tags}};
}

NetworkSpec network_spec_from_json(const Json& value) {
  TaskShape shape{.kind = input_kind_from_name(value.at("kind").get<std::string>()),
                  .input_dim = value.at("input_dim"),
                  .vocabulary = value.at("vocabulary"),
                  .outputs = value.at("outputs"),
                  .domains = value.at("domains"),
                  .image = value.at("image").get<std::array<int64_t, 3>>(),
                  .adapters = value.at("adapters")};
  return {value.at("backbone"), value.at("layer"), shape, value.at("tags")};
}

at::Tensor activate(const at::Tensor& values, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return at::relu(values);
    case Activation::gelu:
      return network_detail::even_gelu(values);
    case Activation::none:
      break;
  }
  return values;
}

std::unique_ptr<SlotLayer> build_layer(const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                                       Parameters& parameters) {
  for (const LayerSource& source : all_layers())
    if (source.facts.name == options.at("name")) return source.build(options, prefix, maps, parameters);
  fail("no layer named " + options.at("name").dump());
}

const BackboneSource& find_backbone(std::string_view name) {
  static const std::vector<BackboneSource> all = all_backbones();
  for (const BackboneSource& source : all)
    if (source.facts.name == name) return source;
  fail("no backbone named " + std::string(name));
}

Network::Network(NetworkSpec spec, int64_t stack, at::Device device)
    : spec_(std::move(spec)),
      parameters_(stack, device),
      backbone_(find_backbone(spec_.backbone.at("name").get<std::string>()).build(spec_, parameters_)) {}

at::Tensor Network::log_probs(const at::Tensor& inputs, const at::Tensor& tags) const {
  check(parameters_.stack() == 1, "log_probs is for a single network");
  Pass pass;
  const at::Tensor logits = forward(inputs.unsqueeze(0), tags.defined() ? tags.unsqueeze(0) : tags, pass);
  return at::log_softmax(logits.squeeze(0), -1);
}

}  // namespace loom
