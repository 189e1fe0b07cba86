// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/row_norm.h"

#include <torch/csrc/autograd/custom_function.h>

#include "harness/engine/row_kernels.h"

namespace loom {
namespace row_norm_detail {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// `normal` and `scales`: for a backward; undefined where none comes.
at::Tensor normalised(const at::Tensor& values, const at::Tensor& weight, const at::Tensor& bias,
                      const at::Tensor& normal, const at::Tensor& scales) {
  const at::Tensor from = values.contiguous(), by = weight.contiguous(), shift = bias.contiguous();
  at::Tensor to = at::empty_like(from);
  const auto write = [](const at::Tensor& of) { return of.defined() ? of.data_ptr<float>() : nullptr; };
  row_kernels().norm({.from = from.const_data_ptr<float>(),
                      .weight = by.const_data_ptr<float>(),
                      .bias = shift.const_data_ptr<float>(),
                      .to = to.data_ptr<float>(),
                      .normal = write(normal),
                      .scales = write(scales),
                      .segments = values.size(0),
                      .rows = values.size(1),
                      .width = values.size(2)});
  return to;
}

class Norm : public torch::autograd::Function<Norm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& values, const at::Tensor& weight,
                            const at::Tensor& bias) {
    const at::Tensor normal = at::empty(values.sizes(), values.options());
    const at::Tensor scales = at::empty({values.size(0), values.size(1)}, values.options());
    at::Tensor result = normalised(values, weight, bias, normal, scales);
    context->save_for_backward({normal, scales, weight.contiguous()});
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &normal = saved[0], &scales = saved[1], &weight = saved[2], gradient = gradients[0].contiguous();
    at::Tensor to = at::empty_like(normal), to_weight = at::empty_like(weight), to_bias = at::empty_like(weight);
    row_kernels().norm_gradients({.gradient = gradient.const_data_ptr<float>(),
                                  .normal = normal.const_data_ptr<float>(),
                                  .scales = scales.const_data_ptr<float>(),
                                  .weight = weight.const_data_ptr<float>(),
                                  .to = to.data_ptr<float>(),
                                  .to_weight = to_weight.data_ptr<float>(),
                                  .to_bias = to_bias.data_ptr<float>(),
                                  .segments = normal.size(0),
                                  .rows = normal.size(1),
                                  .width = normal.size(2)});
    return {to, to_weight, to_bias};
  }
};

}  // namespace row_norm_detail

at::Tensor row_norm(const at::Tensor& values, const at::Tensor& weight, const at::Tensor& bias) {
  using namespace row_norm_detail;
  if (!values.is_cpu() || values.scalar_type() != at::kFloat)
    return at::layer_norm(values, {values.size(2)}) * weight + bias;
  const bool learns = values.requires_grad() || weight.requires_grad() || bias.requires_grad();
  if (at::GradMode::is_enabled() && learns) return Norm::apply(values, weight, bias);
  return normalised(values, weight, bias, {}, {});
}

}  // namespace loom
