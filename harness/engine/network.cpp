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

// FNV-1a (Fowler, Noll, Vo), its high bits folded into the low ones; 63 bits.
int64_t hash_of(std::span<const unsigned char> bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return static_cast<int64_t>((hash ^ (hash >> 29)) >> 1);
}

}  // namespace network_detail

using namespace network_detail;

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

const at::Tensor& row_keys(Pass& pass) {
  if (pass.keys.defined()) return pass.keys;
  const at::Tensor& inputs = pass.inputs;
  const int64_t stack = inputs.size(0), rows = inputs.size(1);
  if (pass.shape->kind == InputKind::tokens) {
    const auto begin = at::full({stack, rows, 1}, pass.shape->vocabulary, inputs.options());
    pass.keys = at::cat({begin, inputs.narrow(2, 0, inputs.size(2) - 1)}, 2).reshape({stack, -1});
    return pass.keys;
  }
  const auto bytes = inputs.detach().to(at::kCPU).contiguous();
  const size_t length = bytes.nbytes() / static_cast<size_t>(stack * rows);
  std::vector<int64_t> keys;
  for (int64_t row = 0; row < stack * rows; ++row)
    keys.push_back(
        hash_of({static_cast<const unsigned char*>(bytes.data_ptr()) + static_cast<size_t>(row) * length, length}));
  pass.keys = at::tensor(keys, at::kLong).view({stack, rows}).to(inputs.device());
  return pass.keys;
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
  return at::log_softmax(logits.squeeze(0), -1);
}

}  // namespace loom
