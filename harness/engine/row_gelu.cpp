// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/row_gelu.h"

#include <torch/csrc/autograd/custom_function.h>

#include "harness/engine/row_kernels.h"

namespace loom {
namespace row_gelu_detail {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// `slope`: undefined where nobody asks.
at::Tensor gelu(const at::Tensor& values, at::Tensor& slope) {
  const at::Tensor from = values.contiguous();
  at::Tensor to = at::empty_like(from);
  row_kernels().gelu({.from = from.const_data_ptr<float>(),
                      .to = to.data_ptr<float>(),
                      .slope = slope.defined() ? slope.data_ptr<float>() : nullptr,
                      .count = from.numel()});
  return to;
}

class Gelu : public torch::autograd::Function<Gelu> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& values) {
    at::Tensor slope = at::empty_like(values, at::MemoryFormat::Contiguous);
    at::Tensor result = gelu(values, slope);
    context->save_for_backward({slope});
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {gradients[0] * context->get_saved_variables()[0]};
  }
};

}  // namespace row_gelu_detail

at::Tensor row_gelu(const at::Tensor& values) {
  using namespace row_gelu_detail;
  if (!values.is_cpu() || values.scalar_type() != at::kFloat) return at::gelu(values, "tanh");
  if (at::GradMode::is_enabled() && values.requires_grad()) return Gelu::apply(values);
  at::Tensor none;
  return gelu(values, none);
}

}  // namespace loom
