// SPDX-License-Identifier: Apache-2.0
#include "architectures/backbones/_gpt.h"

#include <algorithm>
#include <cmath>

#include "harness/engine/row_affine.h"
#include "harness/engine/row_attention.h"
#include "harness/engine/row_norm.h"

namespace loom::backbones {
namespace gpt_detail {
namespace {

constexpr double kStandardDeviation = 0.02;  // Radford et al. 2019

Affine gpt_affine(std::string name, int64_t in, int64_t out, Activation after, double scale) {
  return {std::move(name), in, out, after, {InitKind::normal, scale}, {InitKind::zero, 0}};
}

// table [K, n, width], ids [K, R] -> [K, R, width]
at::Tensor look_up(const at::Tensor& table, const at::Tensor& ids) {
  const auto offset = at::arange(table.size(0), ids.options()).unsqueeze(1) * table.size(1);
  return at::embedding(table.reshape({-1, table.size(2)}), ids + offset);
}

}  // namespace
}  // namespace gpt_detail

using namespace gpt_detail;

int64_t head_count(int64_t width, int64_t at_most) {
  int64_t heads = std::max<int64_t>(std::min(at_most, width), 1);
  while (width % heads != 0) --heads;
  return heads;
}

Json resize_gpt(Json options, int64_t width, int64_t hidden) {
  options["width"] = width;
  options["hidden"] = hidden > 0 ? hidden : 4 * width;
  return options;
}

Gpt::Gpt(const GptForm& form, const NetworkSpec& spec, Parameters& parameters) : form_(form) {
  const Init usual = {InitKind::normal, kStandardDeviation};
  wte_ = parameters.add("wte.weight", {form_.vocabulary, form_.width}, usual);
  wpe_ = parameters.add("wpe.weight", {form_.positions, form_.width}, usual);
  for (int64_t i = 0; i < form_.depth; ++i)
    blocks_.push_back(add_block("h." + std::to_string(i) + ".", spec, parameters));
  final_norm_ = add_norm("ln_f", parameters);
  if (spec.input_tags() > 0)
    tag_ = static_cast<int64_t>(parameters.add("tag.weight", {spec.tags, form_.width}, Init{}));
  if (spec.head.at("name") != "dense")
    head_ =
        build_layer(spec.head, "",
                    {gpt_affine("head", form_.width, form_.outputs, Activation::none, kStandardDeviation)}, parameters);
}

Gpt::Norm Gpt::add_norm(const std::string& name, Parameters& parameters) const {
  return {parameters.add(name + ".weight", {1, form_.width}, {InitKind::one, 0}),
          parameters.add(name + ".bias", {1, form_.width}, {InitKind::zero, 0})};
}

Gpt::Block Gpt::add_block(const std::string& prefix, const NetworkSpec& spec, Parameters& parameters) const {
  const int64_t width = form_.width;
  const double residual = kStandardDeviation / std::sqrt(2.0 * static_cast<double>(form_.depth));
  const Json dense = {{"name", "dense"}};
  Block block;
  block.norm1 = add_norm(prefix + "ln_1", parameters);
  block.attention =
      build_layer(dense, prefix + "attn.",
                  {gpt_affine("c_attn", width, 3 * width, Activation::none, kStandardDeviation)}, parameters);
  block.projection = build_layer(dense, prefix + "attn.",
                                 {gpt_affine("c_proj", width, width, Activation::none, residual)}, parameters);
  block.norm2 = add_norm(prefix + "ln_2", parameters);
  block.slot = build_layer(spec.layer, prefix + "mlp.",
                           {gpt_affine("c_fc", width, form_.hidden, Activation::gelu, kStandardDeviation),
                            gpt_affine("c_proj", form_.hidden, width, Activation::none, residual)},
                           parameters);
  return block;
}

at::Tensor Gpt::forward(const Parameters& parameters, const at::Tensor& inputs, const at::Tensor& tags,
                        Pass& pass) const {
  const int64_t stack = inputs.size(0), rows = inputs.size(1), steps = inputs.size(2), width = form_.width;
  const auto begin = at::full({stack, rows, 1}, form_.begin, inputs.options());
  const auto shifted = at::cat({begin, inputs.narrow(2, 0, steps - 1)}, 2);
  auto values = look_up(parameters[wte_], shifted.reshape({stack, rows * steps})).view({stack, rows, steps, width});
  values = values + parameters[wpe_].narrow(1, 0, steps).unsqueeze(1);
  if (tag_ >= 0) values = values + look_up(parameters[static_cast<size_t>(tag_)], tags).unsqueeze(2);
  values = values.reshape({stack, rows * steps, width});
  for (const Block& block : blocks_) {
    values = values + attend(parameters, block, norm(parameters, block.norm1, values), rows, steps, pass);
    values = values + block.slot->forward(parameters, norm(parameters, block.norm2, values), pass);
  }
  values = norm(parameters, final_norm_, values);
  if (head_ != nullptr) return head_->forward(parameters, values, pass).view({stack, rows, steps, form_.outputs});
  const auto head = parameters[wte_].narrow(1, 0, form_.outputs).transpose(1, 2);
  return batched_product(values, head).view({stack, rows, steps, form_.outputs});
}

int64_t Gpt::inactive_parameters() const {
  int64_t count = head_ != nullptr ? head_->inactive_parameters() : 0;
  for (const Block& block : blocks_) count += block.slot->inactive_parameters();
  return count;
}

at::Tensor Gpt::norm(const Parameters& parameters, const Norm& at_norm, const at::Tensor& values) const {
  return row_norm(values, parameters[at_norm.weight], parameters[at_norm.bias]);
}

at::Tensor Gpt::attend(const Parameters& parameters, const Block& block, const at::Tensor& values, int64_t rows,
                       int64_t steps, Pass& pass) const {
  const int64_t stack = values.size(0), width = form_.width;
  const auto mixed = block.attention->forward(parameters, values, pass)
                         .view({stack * rows, steps, 3, form_.heads, width / form_.heads});
  const auto context = causal_attention(mixed).view({stack, rows * steps, width});
  return block.projection->forward(parameters, context, pass);
}

}  // namespace loom::backbones
