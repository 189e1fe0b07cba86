// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/affine_bank.h"

namespace loom::backbones {

// What mlp, bag and cnn end in: hidden layers with ReLU, each a slot, and a head.
class HiddenLayers {
 public:
  // `in` -> sizes[0] -> sizes[1] ...; named layer<first>, layer<first + 1>, ... The options of each also say whether it
  // is the "last".
  HiddenLayers(const NetworkSpec& spec, int64_t in, const std::vector<int64_t>& sizes, int64_t first,
               Parameters& parameters);
  at::Tensor forward(const Parameters& parameters, at::Tensor values, Pass& pass) const;  // [K, R, in] -> [K, R, last]
  int64_t inactive_parameters() const;

 private:
  std::vector<std::unique_ptr<SlotLayer>> slots_;
};

Init fan_in(int64_t in);  // uniform, bound 1 / sqrt(in)
Affine head_map(const NetworkSpec& spec);
std::unique_ptr<SlotLayer> head_layer(const NetworkSpec& spec,
                                      Parameters& parameters);  // of spec.head, hidden -> outputs
int64_t hidden_size(const NetworkSpec& spec);                   // of the last hidden layer; default: width
std::vector<int64_t> layer_sizes(const NetworkSpec& spec);      // depth - 1 layers of `width`, one of `hidden`
Json resize_hidden(Json options, int64_t width, int64_t hidden);

// values [K, R, n] with the tag as a one-hot vector at the end; without tags as they are.
at::Tensor with_tag(const at::Tensor& values, const at::Tensor& tags, int64_t count);

}  // namespace loom::backbones
