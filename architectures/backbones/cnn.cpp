// SPDX-License-Identifier: Apache-2.0
#include "architectures/backbones/_hidden_layers.h"
#include "harness/engine/pooling.h"

namespace loom::backbones {
namespace cnn_detail {

constexpr int64_t kKernel = 3, kPool = 2, kSmallestSide = kPool * kPool, kUnitsPerChannel = 4;

struct Convolution {
  size_t weight = 0, bias = 0;
};

// image -> two times (3x3 convolution, ReLU, max-pooling by 2), with width / 4 and twice as many channels -> one hidden
// layer of `hidden`, the slot -> outputs; after LeCun et al. 1998. Inputs beyond the image join at the hidden layer.
class Cnn : public Backbone {
 public:
  Cnn(const NetworkSpec& spec, Parameters& parameters)
      : image_(spec.shape.image),
        extra_(spec.shape.input_dim - pixels()),
        tags_(spec.input_tags()),
        channels_(std::max<int64_t>(spec.backbone.at("width").get<int64_t>() / kUnitsPerChannel, 1)),
        first_(add("conv1", image_[0], channels_, parameters)),
        second_(add("conv2", channels_, 2 * channels_, parameters)),
        layers_(spec, 2 * channels_ * (image_[1] / kSmallestSide) * (image_[2] / kSmallestSide) + extra_ + tags_,
                {hidden_size(spec)}, 0, parameters),
        head_(head_layer(spec, parameters)) {}

  at::Tensor forward(const Parameters& parameters, const at::Tensor& inputs, const at::Tensor& tags,
                     Pass& pass) const override {
    const int64_t stack = inputs.size(0), rows = inputs.size(1);
    const auto images = inputs.narrow(-1, 0, pixels()).reshape({stack, rows, image_[0], image_[1], image_[2]});
    auto values = convolve(parameters, second_, convolve(parameters, first_, images)).reshape({stack, rows, -1});
    if (extra_ > 0) values = at::cat({values, inputs.narrow(-1, pixels(), extra_)}, -1);
    return head_->forward(parameters, layers_.forward(parameters, with_tag(values, tags, tags_), pass), pass);
  }
  int64_t inactive_parameters() const override { return layers_.inactive_parameters() + head_->inactive_parameters(); }

 private:
  static Convolution add(const std::string& name, int64_t in, int64_t out, Parameters& parameters) {
    const Init init = fan_in(in * kKernel * kKernel);
    return {parameters.add(name + ".weight", {out, in, kKernel, kKernel}, init),
            parameters.add(name + ".bias", {out}, init)};
  }
  int64_t pixels() const { return image_[0] * image_[1] * image_[2]; }

  // images [K, R, in, h, w] -> [K, R, out, h / 2, w / 2]. Each member by itself: one call over groups would take
  // another kernel, and other bits, than a member that is alone.
  static at::Tensor convolve(const Parameters& parameters, const Convolution& layer, const at::Tensor& images) {
    const auto weight = parameters[layer.weight].unbind(0), bias = parameters[layer.bias].unbind(0);
    std::vector<at::Tensor> members;
    for (size_t k = 0; k < weight.size(); ++k) {
      const auto maps = at::conv2d(images[static_cast<int64_t>(k)], weight[k], bias[k], /*stride=*/1, /*padding=*/1);
      members.push_back(relu_max_pool(maps));
    }
    return at::stack(members);
  }

  std::array<int64_t, 3> image_;
  int64_t extra_, tags_, channels_;
  Convolution first_, second_;
  HiddenLayers layers_;
  std::unique_ptr<SlotLayer> head_;
};

std::optional<std::string> reject(const TaskShape& shape) {
  const auto& [channels, height, width] = shape.image;
  if (channels == 0) return "backbone cnn needs items with an image, and this suite's have none; take mlp";
  if (std::min(height, width) < kSmallestSide) return "backbone cnn needs images of 4 x 4 at least";
  if (shape.adapters > 0) return "backbone cnn has no adapters for domains with inputs of their own; take mlp";
  return std::nullopt;
}

}  // namespace cnn_detail

BackboneSource cnn() {
  return {
      .facts = {.kind = "backbone",
                .name = "cnn",
                .summary = "two 3x3 convolutions, each with ReLU and pooling by 2, then a hidden layer; slot: the "
                           "hidden layer",
                .paper = "LeCun et al. 1998",
                .inputs = {"vector"},
                .fields = {{.name = "width",
                            .fallback = 32,
                            .min = 4,
                            .max = 16384,
                            .doc = "four times the channels of the first convolution; the second has twice as many"},
                           {.name = "hidden",  // at least 2: see mlp
                            .fallback = nullptr,
                            .min = 2,
                            .max = 65536,
                            .doc = "units of the hidden layer (default: width); the solver's fine size"}}},
      .build = [](const NetworkSpec& spec, Parameters& parameters) -> std::unique_ptr<Backbone> {
        return std::make_unique<cnn_detail::Cnn>(spec, parameters);
      },
      .resize = resize_hidden,
      .width_step = cnn_detail::kUnitsPerChannel,
      .reject = cnn_detail::reject};
}

}  // namespace loom::backbones
