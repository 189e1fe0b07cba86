// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/layer.h"

#include "harness/engine/row_gelu.h"
#include "harness/error.h"
#include "harness/hash.h"

namespace loom {
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
    keys.push_back(static_cast<int64_t>(
        byte_key({static_cast<const char*>(bytes.data_ptr()) + static_cast<size_t>(row) * length, length}) >> 1));
  pass.keys = at::tensor(keys, at::kLong).view({stack, rows}).to(inputs.device());
  return pass.keys;
}

at::Tensor activate(const at::Tensor& values, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return at::relu(values);
    case Activation::gelu:
      return row_gelu(values);
    case Activation::none:
      break;
  }
  return values;
}

std::unique_ptr<SlotLayer> build_layer(const Json& options, const std::string& prefix, const std::vector<Affine>& maps,
                                       Parameters& parameters) {
  static const std::vector<LayerSource> all = all_layers();
  for (const LayerSource& source : all)
    if (source.facts.name == options.at("name")) return source.build(options, prefix, maps, parameters);
  fail("no layer named " + options.at("name").dump());
}

}  // namespace loom
