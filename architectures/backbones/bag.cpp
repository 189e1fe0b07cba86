// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "architectures/backbones/_hidden_layers.h"

namespace loom::backbones {
namespace bag_detail {

constexpr int64_t kLeastWidth = 2;  // one column would cost a member its own bits: see mlp

// The mean vector of each bag's features: table [K, n, width], ids [K, R, most], -1 for none; [K, R, width]. As a
// product with weights 1 / count, and 0 where there is no feature, so that it is counted at an item's full length; the
// look-up's backward adds to the rows that occurred.
at::Tensor mean_vectors(const at::Tensor& table, const at::Tensor& ids) {
  const int64_t stack = ids.size(0), rows = ids.size(1), most = ids.size(2), width = table.size(2);
  const auto held = ids.ge(0).to(table.scalar_type());
  const auto weights = (held / held.sum(-1, /*keepdim=*/true)).view({stack * rows, 1, most});
  const auto offset = at::arange(stack, ids.options()).view({stack, 1, 1}) * table.size(1);
  const auto flat = (ids.clamp_min(0) + offset).view(-1);
  const auto vectors = table.reshape({-1, width}).index_select(0, flat).view({stack * rows, most, width});
  return at::bmm(weights, vectors).view({stack, rows, width});
}

// features -> mean of their vectors of `width` -> (depth - 1) hidden layers of `width` -> one of `hidden` -> outputs.
class Bag : public Backbone {
 public:
  Bag(const NetworkSpec& spec, Parameters& parameters)
      : tags_(spec.tags),
        table_(add_table(spec, parameters)),
        layers_(spec, width_of(spec) + tags_, layer_sizes(spec), 0, parameters),
        head_(head_bank(hidden_size(spec), spec.shape.outputs, 0, parameters)) {}

  at::Tensor forward(const Parameters& parameters, const at::Tensor& inputs, const at::Tensor& tags,
                     Pass& pass) const override {
    const auto means = with_tag(mean_vectors(parameters[table_], inputs), tags, tags_);
    return head_.all(parameters, layers_.forward(parameters, means, pass), &pass);
  }
  int64_t inactive_parameters() const override { return layers_.inactive_parameters(); }

 private:
  static int64_t width_of(const NetworkSpec& spec) { return spec.backbone.at("width"); }
  static size_t add_table(const NetworkSpec& spec, Parameters& parameters) {
    const Init small = {InitKind::uniform, 1 / static_cast<double>(width_of(spec))};  // as fastText draws it
    return parameters.add("table.weight", {spec.shape.vocabulary, width_of(spec)}, small);
  }

  int64_t tags_;
  size_t table_;
  HiddenLayers layers_;
  AffineBank head_;
};

Json resize(Json options, int64_t width, int64_t hidden) {
  return resize_hidden(std::move(options), std::max(width, kLeastWidth), hidden);
}

}  // namespace bag_detail

BackboneSource bag() {
  return {
      .facts = {.kind = "backbone",
                .name = "bag",
                .summary = "mean of learned vectors of an item's features, then hidden layers with ReLU; slots: the "
                           "hidden layers; cost counts the most features an item can have",
                .paper = "Joulin et al. 2017 (fastText)",
                .inputs = {"bags"},
                .fields = {{.name = "width",
                            .fallback = 32,
                            .min = bag_detail::kLeastWidth,
                            .max = 65536,
                            .doc = "numbers of a feature's vector; units of the hidden layers but the last"},
                           {.name = "hidden",
                            .fallback = nullptr,
                            .min = 2,
                            .max = 65536,
                            .doc = "units of the last hidden layer (default: width); the solver's fine size"},
                           {.name = "depth", .fallback = 1, .min = 1, .max = 64, .doc = "hidden layers"}}},
      .build = [](const NetworkSpec& spec, Parameters& parameters) -> std::unique_ptr<Backbone> {
        return std::make_unique<bag_detail::Bag>(spec, parameters);
      },
      .resize = bag_detail::resize,
      .width_step = 1};  // the table is most of it, and fine steps of a small width are all it has
}

}  // namespace loom::backbones
