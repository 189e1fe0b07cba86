// SPDX-License-Identifier: Apache-2.0
#include <torch/csrc/autograd/custom_function.h>

#include "harness/engine/affine_bank.h"
#include "harness/engine/row_affine.h"

namespace loom {
namespace grouped_affine_detail {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Products go through the dispatcher, so that their FLOPs are counted like any other's.
class GroupedAffine : public torch::autograd::Function<GroupedAffine> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& rows, const at::Tensor& weight,
                            const at::Tensor& bias, std::vector<int64_t> counts) {
    context->save_for_backward({rows, weight});
    at::Tensor result = at::empty({rows.size(0), weight.size(2)}, rows.options());
    int64_t begin = 0;
    for (size_t segment = 0; segment < counts.size(); ++segment) {
      if (counts[segment] == 0) continue;  // an expert without rows costs nothing
      const auto index = static_cast<int64_t>(segment);
      auto own = result.narrow(0, begin, counts[segment]);
      at::addmm_out(own, bias.select(0, index), rows.narrow(0, begin, counts[segment]), weight.select(0, index));
      begin += counts[segment];
    }
    context->saved_data["counts"] = std::move(counts);
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &rows = saved[0], &weight = saved[1], gradient = gradients[0].contiguous();
    const auto counts = context->saved_data["counts"].toIntVector();
    const bool needs_rows = context->needs_input_grad(0), needs_weight = context->needs_input_grad(1);
    at::Tensor to_rows = needs_rows ? at::empty_like(rows) : at::Tensor();
    at::Tensor to_weight = needs_weight ? at::zeros_like(weight) : at::Tensor();
    at::Tensor to_bias = at::zeros({weight.size(0), weight.size(2)}, weight.options());
    int64_t begin = 0;
    for (size_t segment = 0; segment < counts.size(); ++segment) {
      if (counts[segment] == 0) continue;
      const auto index = static_cast<int64_t>(segment);
      const auto own = gradient.narrow(0, begin, counts[segment]);
      auto bias_slice = to_bias.select(0, index);
      at::sum_out(bias_slice, own, {0});
      if (needs_weight) {
        auto weight_slice = to_weight.select(0, index);
        at::mm_out(weight_slice, rows.narrow(0, begin, counts[segment]).t(), own);
      }
      if (needs_rows) {
        auto rows_slice = to_rows.narrow(0, begin, counts[segment]);
        at::mm_out(rows_slice, own, weight.select(0, index).t());
      }
      begin += counts[segment];
    }
    return {to_rows, to_weight, to_bias, at::Tensor()};
  }
};

}  // namespace grouped_affine_detail

at::Tensor grouped_affine(const at::Tensor& rows, const at::Tensor& weight, const at::Tensor& bias,
                          std::span<const int64_t> counts, Activation after) {
  std::vector<int64_t> own(counts.begin(), counts.end());
  if (runs_in_row_kernels(rows, weight)) return row_affine(rows, weight, bias, std::move(own), after);
  return activate(grouped_affine_detail::GroupedAffine::apply(rows, weight, bias, std::move(own)), after);
}

}  // namespace loom
