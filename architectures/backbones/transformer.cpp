// SPDX-License-Identifier: Apache-2.0
#include "architectures/backbones/_gpt.h"

namespace loom::backbones {
namespace transformer_detail {

constexpr int64_t kHeadDim = 16;

// Of heads of about 16 channels, and one row of wte more than tokens: the begin mark, which is never an answer.
std::unique_ptr<Backbone> build(const NetworkSpec& spec, Parameters& parameters) {
  const Json& options = spec.backbone;
  const int64_t width = options.at("width");
  const GptForm form = {.width = width,
                        .hidden = options.at("hidden").is_null() ? 4 * width : options.at("hidden").get<int64_t>(),
                        .depth = options.at("depth"),
                        .heads = head_count(width, width / kHeadDim),
                        .vocabulary = spec.shape.vocabulary + 1,
                        .positions = spec.shape.input_dim,
                        .begin = spec.shape.vocabulary,
                        .outputs = spec.shape.vocabulary};
  return std::make_unique<Gpt>(form, spec, parameters);
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
          .build = transformer_detail::build,
          .resize = resize_gpt,
          .width_step = 4};
}

}  // namespace loom::backbones
