// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/engine/network.h"

namespace loom::backbones {
namespace transformer_detail {

constexpr double kStandardDeviation = 0.02;  // Radford et al. 2019 (GPT-2)
constexpr int64_t kHeadDim = 16;

// Heads of about 16 channels; the largest divisor of width not above width / 16.
int64_t head_count(int64_t width) {
  int64_t heads = std::max<int64_t>(width / kHeadDim, 1);
  while (width % heads != 0) --heads;
  return heads;
}

Affine gpt_affine(std::string name, int64_t in, int64_t out, Activation after, double scale) {
  return {std::move(name), in, out, after, {InitKind::normal, scale}, {InitKind::zero, 0}};
}

// GPT-2's layout and parameter names (h.0.attn.c_attn.weight, ...): learned positions, pre-norm, tanh-GELU, tied head.
// Inputs are shifted here: position t sees a begin mark and bytes before t.
class Transformer : public Backbone {
 public:
  Transformer(const NetworkSpec& spec, Parameters& parameters)
      : width_(spec.backbone.at("width")), vocabulary_(spec.shape.vocabulary), heads_(head_count(width_)) {
    const int64_t depth = spec.backbone.at("depth");
    const int64_t hidden =
        spec.backbone.at("hidden").is_null() ? 4 * width_ : spec.backbone.at("hidden").get<int64_t>();
    const double residual = kStandardDeviation / std::sqrt(2.0 * static_cast<double>(depth));
    wte_ = parameters.add("wte.weight", {vocabulary_ + 1, width_}, {InitKind::normal, kStandardDeviation});
    wpe_ = parameters.add("wpe.weight", {spec.shape.input_dim, width_}, {InitKind::normal, kStandardDeviation});
    for (int64_t i = 0; i < depth; ++i) {
      const std::string prefix = "h." + std::to_string(i) + ".";
      Block block;
      block.norm1 = add_norm(prefix + "ln_1", parameters);
      block.attention =
          build_layer({{"name", "dense"}}, prefix + "attn.",
                      {gpt_affine("c_attn", width_, 3 * width_, Activation::none, kStandardDeviation)}, parameters);
      block.projection = build_layer({{"name", "dense"}}, prefix + "attn.",
                                     {gpt_affine("c_proj", width_, width_, Activation::none, residual)}, parameters);
      block.norm2 = add_norm(prefix + "ln_2", parameters);
      block.slot = build_layer(spec.layer, prefix + "mlp.",
                               {gpt_affine("c_fc", width_, hidden, Activation::gelu, kStandardDeviation),
                                gpt_affine("c_proj", hidden, width_, Activation::none, residual)},
                               parameters);
      blocks_.push_back(std::move(block));
    }
    final_norm_ = add_norm("ln_f", parameters);
    if (spec.input_tags() > 0) tag_ = static_cast<int64_t>(parameters.add("tag.weight", {spec.tags, width_}, Init{}));
    if (spec.head.at("name") != "dense")  // else it is tied to the table
      head_ = build_layer(spec.head, "",
                          {gpt_affine("head", width_, vocabulary_, Activation::none, kStandardDeviation)}, parameters);
  }

  at::Tensor forward(const Parameters& parameters, const at::Tensor& inputs, const at::Tensor& tags,
                     Pass& pass) const override {
    const int64_t stack = inputs.size(0), rows = inputs.size(1), steps = inputs.size(2);
    const auto begin = at::full({stack, rows, 1}, vocabulary_, inputs.options());
    const auto shifted = at::cat({begin, inputs.narrow(2, 0, steps - 1)}, 2);
    auto values = look_up(parameters[wte_], shifted.reshape({stack, rows * steps})).view({stack, rows, steps, width_});
    values = values + parameters[wpe_].narrow(1, 0, steps).unsqueeze(1);
    if (tag_ >= 0) values = values + look_up(parameters[tag_], tags).unsqueeze(2);
    values = values.reshape({stack, rows * steps, width_});
    for (const Block& block : blocks_) {
      values = values + attend(parameters, block, norm(parameters, block.norm1, values), rows, steps, pass);
      values = values + block.slot->forward(parameters, norm(parameters, block.norm2, values), pass);
    }
    values = norm(parameters, final_norm_, values);
    if (head_ != nullptr) return head_->forward(parameters, values, pass).view({stack, rows, steps, vocabulary_});
    const auto head = parameters[wte_].narrow(1, 0, vocabulary_).transpose(1, 2);
    return at::bmm(values, head).view({stack, rows, steps, vocabulary_});
  }

  int64_t inactive_parameters() const override {
    int64_t count = head_ != nullptr ? head_->inactive_parameters() : 0;
    for (const Block& block : blocks_) count += block.slot->inactive_parameters();
    return count;
  }

 private:
  struct Norm {
    size_t weight = 0, bias = 0;
  };
  struct Block {
    Norm norm1, norm2;
    std::unique_ptr<SlotLayer> attention, projection, slot;
  };

  Norm add_norm(const std::string& name, Parameters& parameters) const {
    return {parameters.add(name + ".weight", {1, width_}, {InitKind::one, 0}),
            parameters.add(name + ".bias", {1, width_}, {InitKind::zero, 0})};
  }
  at::Tensor norm(const Parameters& parameters, const Norm& at_norm, const at::Tensor& values) const {
    return at::layer_norm(values, {width_}) * parameters[at_norm.weight] + parameters[at_norm.bias];
  }
  // table [K, n, width], ids [K, R] -> [K, R, width]
  static at::Tensor look_up(const at::Tensor& table, const at::Tensor& ids) {
    const auto offset = at::arange(table.size(0), ids.options()).unsqueeze(1) * table.size(1);
    return at::embedding(table.reshape({-1, table.size(2)}), ids + offset);
  }
  at::Tensor attend(const Parameters& parameters, const Block& block, const at::Tensor& values, int64_t rows,
                    int64_t steps, Pass& pass) const {
    const int64_t stack = values.size(0);
    const auto mixed =
        block.attention->forward(parameters, values, pass).view({stack * rows, steps, 3, heads_, width_ / heads_});
    const auto parts = mixed.permute({2, 0, 3, 1, 4}).unbind(0);
    const auto context = at::scaled_dot_product_attention(parts[0], parts[1], parts[2], {}, 0.0, /*is_causal=*/true);
    return block.projection->forward(parameters, context.transpose(1, 2).reshape({stack, rows * steps, width_}), pass);
  }

  int64_t width_, vocabulary_, heads_;
  size_t wte_ = 0, wpe_ = 0;
  Norm final_norm_;
  int64_t tag_ = -1;
  std::vector<Block> blocks_;
  std::unique_ptr<SlotLayer> head_;
};

Json resize(Json options, int64_t width, int64_t hidden) {
  options["width"] = width;
  options["hidden"] = hidden > 0 ? hidden : 4 * width;
  return options;
}

}  // namespace transformer_detail

BackboneSource transformer() {
  return {.facts = {.kind = "backbone",
                    .name = "transformer",
                    .summary = "causal byte transformer in GPT-2's layout; slots: the feed-forward blocks",
                    .paper = "Radford et al. 2019",
                    .inputs = {"tokens"},
                    .fields = {{.name = "width", .fallback = 32, .min = 4, .max = 16384, .doc = "channels"},
                               {.name = "hidden",  // one column would cost a member its own bits: see mlp
                                .fallback = nullptr,
                                .min = 2,
                                .max = 65536,
                                .doc = "feed-forward units (default: 4 x width); the solver's fine size"},
                               {.name = "depth", .fallback = 2, .min = 1, .max = 96, .doc = "blocks"}}},
          .build = [](const NetworkSpec& spec, Parameters& parameters) -> std::unique_ptr<Backbone> {
            return std::make_unique<transformer_detail::Transformer>(spec, parameters);
          },
          .resize = transformer_detail::resize,
          .width_step = 4};
}

}  // namespace loom::backbones
