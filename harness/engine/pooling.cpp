// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/pooling.h"

#include <torch/csrc/autograd/custom_function.h>

#include "harness/engine/pooling_loops.h"

namespace loom {
namespace pooling_detail {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

PooledPlanes size_of(const at::Tensor& maps) {
  const int64_t height = maps.size(-2), width = maps.size(-1);
  return {maps.numel() / (height * width), height, width};
}

class ReluMaxPool : public torch::autograd::Function<ReluMaxPool> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& maps) {
    const at::Tensor from = maps.contiguous();
    auto shape = from.sizes().vec();
    shape[shape.size() - 2] /= 2, shape.back() /= 2;
    at::Tensor said = at::empty(shape, from.options());
    relu_max_pool(from.const_data_ptr<float>(), said.data_ptr<float>(), size_of(from));
    context->save_for_backward({from, said});
    return said;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &from = saved[0], gradient = gradients[0].contiguous();
    at::Tensor to = at::empty_like(from);
    relu_max_pool_gradient(from.const_data_ptr<float>(), saved[1].const_data_ptr<float>(),
                           gradient.const_data_ptr<float>(), to.data_ptr<float>(), size_of(from));
    return {to};
  }
};

}  // namespace pooling_detail

at::Tensor relu_max_pool(const at::Tensor& maps) {
  if (!maps.is_cpu() || maps.scalar_type() != at::kFloat) return at::max_pool2d(at::relu(maps), 2);
  return pooling_detail::ReluMaxPool::apply(maps);
}

}  // namespace loom
