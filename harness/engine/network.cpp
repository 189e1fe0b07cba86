// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/network.h"

#include "harness/engine/row_softmax.h"
#include "harness/error.h"

namespace loom {
Json to_json(const NetworkSpec& spec) {
  Json value = {{"backbone", spec.backbone},           {"layer", spec.layer},
                {"kind", name(spec.shape.kind)},       {"input_dim", spec.shape.input_dim},
                {"vocabulary", spec.shape.vocabulary}, {"outputs", spec.shape.outputs},
                {"domains", spec.shape.domains},       {"image", spec.shape.image},
                {"adapters", spec.shape.adapters},     {"tags", spec.tags}};
  if (!spec.tag_input) value["tag_input"] = false;  // left out otherwise: ids of networks without it stay
  if (spec.head.at("name") != "dense") value["head"] = spec.head;
  return value;
}

NetworkSpec network_spec_from_json(const Json& value) {
  TaskShape shape{.kind = input_kind_from_name(value.at("kind").get<std::string>()),
                  .input_dim = value.at("input_dim"),
                  .vocabulary = value.at("vocabulary"),
                  .outputs = value.at("outputs"),
                  .domains = value.at("domains"),
                  .image = value.at("image").get<std::array<int64_t, 3>>(),
                  .adapters = value.at("adapters")};
  NetworkSpec spec{value.at("backbone"), value.at("layer"), shape, value.at("tags")};
  spec.tag_input = value.value("tag_input", true);
  if (value.contains("head")) spec.head = value["head"];
  return spec;
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

at::Tensor Network::forward(const at::Tensor& inputs, const at::Tensor& tags, Pass& pass) const {
  pass.inputs = inputs;
  pass.shape = &spec_.shape;
  pass.tags = tags;
  if (tags.defined() && spec_.shape.kind == InputKind::tokens)  // a window's domain is that of each position
    pass.tags = tags.unsqueeze(2).expand({tags.size(0), tags.size(1), inputs.size(2)}).reshape({tags.size(0), -1});
  return backbone_->forward(parameters_, inputs, spec_.tag_input ? tags : at::Tensor(), pass);
}

at::Tensor Network::log_probs(const at::Tensor& inputs, const at::Tensor& tags) const {
  check(parameters_.stack() == 1, "log_probs is for a single network");
  Pass pass;
  const at::Tensor logits = forward(inputs.unsqueeze(0), tags.defined() ? tags.unsqueeze(0) : tags, pass);
  return log_softmax_over(logits.squeeze(0));
}

}  // namespace loom
