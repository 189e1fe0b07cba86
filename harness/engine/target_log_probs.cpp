// SPDX-License-Identifier: Apache-2.0
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "harness/engine/losses.h"
#include "harness/engine/row_kernels.h"

namespace loom {
namespace target_log_probs_detail {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// One node instead of two with a scatter between them, in loops that do not mind how few outputs there are.
class TargetLogProbs : public torch::autograd::Function<TargetLogProbs> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& logits, const at::Tensor& targets) {
    const int64_t outputs = logits.size(-1), rows = targets.numel();
    const at::Tensor own = targets.contiguous(), shares = logits.clone(at::MemoryFormat::Contiguous);
    at::Tensor result = at::empty(targets.sizes(), logits.options());
    const auto* target = own.const_data_ptr<int64_t>();
    auto* share = shares.data_ptr<float>();
    auto* said = result.data_ptr<float>();
    for (int64_t row = 0; row < rows; ++row) said[row] = share[row * outputs + target[row]];
    std::vector<float> tops(static_cast<size_t>(rows)), sums(tops);
    row_kernels().softmax({.values = share, .rows = rows, .width = outputs, .tops = tops.data(), .sums = sums.data()});
    for (int64_t row = 0; row < rows; ++row) {
      const auto i = static_cast<size_t>(row);
      said[row] = said[row] - tops[i] - std::log(sums[i]);
    }
    context->save_for_backward({shares, own});
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &shares = saved[0], &own = saved[1], gradient = gradients[0].contiguous();
    const int64_t outputs = shares.size(-1), rows = own.numel();
    at::Tensor to_logits = at::empty_like(shares);
    const auto* share = shares.const_data_ptr<float>();
    const auto* target = own.const_data_ptr<int64_t>();
    const auto* of_row = gradient.const_data_ptr<float>();
    auto* to = to_logits.data_ptr<float>();
    for (int64_t row = 0; row < rows; ++row, share += outputs, to += outputs) {
      for (int64_t i = 0; i < outputs; ++i) to[i] = -of_row[row] * share[i];
      to[target[row]] += of_row[row];
    }
    return {to_logits, at::Tensor()};
  }
};

}  // namespace target_log_probs_detail

at::Tensor target_log_probs(const at::Tensor& logits, const at::Tensor& targets) {
  if (!logits.is_cpu() || logits.scalar_type() != at::kFloat)
    return at::log_softmax(logits, -1).gather(-1, targets.unsqueeze(-1)).squeeze(-1);
  return target_log_probs_detail::TargetLogProbs::apply(logits, targets);
}

}  // namespace loom
