// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "architectures/backbones/_hidden_layers.h"

namespace loom::backbones {
namespace mlp_detail {

// Rows sorted by (member, domain), so that each goes through the maps of its own domain.
struct Sorted {
  at::Tensor order, inverse;  // of the flattened [K * R]
  at::Tensor counts;          // [K * D] rows
};

Sorted sort_by_domain(const at::Tensor& one_hot) {  // [K, R, D]
  const int64_t stack = one_hot.size(0), domains = one_hot.size(2);
  const auto domain = one_hot.argmax(-1);
  const auto segment = (domain + at::arange(stack, domain.options()).unsqueeze(1) * domains).reshape(-1);
  Sorted sorted;
  sorted.order = at::argsort(segment, /*stable=*/true, /*dim=*/0, /*descending=*/false);
  sorted.inverse =
      at::empty_like(sorted.order).scatter_(0, sorted.order, at::arange(segment.numel(), segment.options()));
  sorted.counts = at::bincount(segment, {}, stack * domains).to(at::kCPU);
  return sorted;
}

at::Tensor adapt(const AffineBank& bank, const Parameters& parameters, const at::Tensor& rows, const Sorted& sorted) {
  const int64_t stack = rows.size(0), count = rows.size(1);
  const std::span counts(sorted.counts.data_ptr<int64_t>(), static_cast<size_t>(sorted.counts.numel()));
  const auto own = rows.reshape({stack * count, rows.size(2)}).index_select(0, sorted.order);
  return bank.grouped(parameters, own, counts).index_select(0, sorted.inverse).view({stack, count, -1});
}

// inputs -> (depth - 1) hidden layers of `width` -> one of `hidden` -> outputs. Hidden layers are the slots. Where
// domains have adapters, a layer of `width` comes first, and it and the head are each domain's own, around hidden
// layers that all share (Caruana 1997).
class Mlp : public Backbone {
 public:
  Mlp(const NetworkSpec& spec, Parameters& parameters)
      : adapters_(spec.shape.adapters), tags_(spec.tags), inputs_(spec.shape.input_dim - spec.shape.adapters) {
    const int64_t in = inputs_ + tags_, width = spec.backbone.at("width");
    if (adapters_ > 0)
      first_.emplace("layer0.", std::vector<Affine>{{"map", in, width, Activation::relu, fan_in(in), fan_in(in)}},
                     adapters_, parameters);
    layers_.emplace(spec, adapters_ > 0 ? width : in, layer_sizes(spec), adapters_ > 0 ? 1 : 0, parameters);
    head_.emplace(head_bank(hidden_size(spec), spec.shape.outputs, adapters_, parameters));
  }

  at::Tensor forward(const Parameters& parameters, const at::Tensor& inputs, const at::Tensor& tags,
                     Pass& pass) const override {
    if (adapters_ == 0)
      return head_->all(parameters, layers_->forward(parameters, with_tag(inputs, tags, tags_), pass), &pass);
    const Sorted sorted = sort_by_domain(inputs.narrow(-1, inputs_, adapters_));
    const auto values = with_tag(inputs.narrow(-1, 0, inputs_), tags, tags_);
    const auto shared = layers_->forward(parameters, adapt(*first_, parameters, values, sorted), pass);
    return adapt(*head_, parameters, shared, sorted);
  }

  int64_t inactive_parameters() const override {
    const int64_t others = adapters_ > 0 ? adapters_ - 1 : 0;
    const int64_t adapter = others > 0 ? first_->parameters_per_expert() + head_->parameters_per_expert() : 0;
    return layers_->inactive_parameters() + others * adapter;
  }

 private:
  int64_t adapters_, tags_, inputs_;
  std::optional<AffineBank> first_, head_;  // first_: with adapters only
  std::optional<HiddenLayers> layers_;
};

}  // namespace mlp_detail

BackboneSource mlp() {
  return {
      .facts = {.kind = "backbone",
                .name = "mlp",
                .summary = "multi-layer perceptron with ReLU; slots: the hidden layers; where a suite has adapters, "
                           "a first layer and a head for each domain, all of them held by specialists too",
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
      .resize = resize_hidden,
      .width_step = 4};
}

}  // namespace loom::backbones
