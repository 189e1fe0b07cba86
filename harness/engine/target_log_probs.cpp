// SPDX-License-Identifier: Apache-2.0
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "harness/engine/losses.h"
#include "harness/engine/row_kernels.h"

namespace loom {
namespace target_log_probs_detail {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// `shares`: logits, which become softmax; what they say of their targets.
std::vector<float> say(at::Tensor& shares, const at::Tensor& targets) {
  const int64_t outputs = shares.size(-1), rows = targets.numel();
  const auto* target = targets.const_data_ptr<int64_t>();
  auto* share = shares.data_ptr<float>();
  std::vector<float> said(static_cast<size_t>(rows)), tops(said), sums(said);
  for (int64_t row = 0; row < rows; ++row) said[static_cast<size_t>(row)] = share[row * outputs + target[row]];
  row_kernels().softmax({.values = share, .rows = rows, .width = outputs, .tops = tops.data(), .sums = sums.data()});
  for (size_t row = 0; row < said.size(); ++row) said[row] = said[row] - tops[row] - std::log(sums[row]);
  return said;
}

// The gradient of logits where what is said of a row's target has the gradient of_row(row).
template <class OfRow>
at::Tensor to_logits(const at::Tensor& shares, const at::Tensor& targets, OfRow of_row) {
  const int64_t outputs = shares.size(-1), rows = targets.numel();
  at::Tensor result = at::empty_like(shares);
  const auto* share = shares.const_data_ptr<float>();
  const auto* target = targets.const_data_ptr<int64_t>();
  auto* to = result.data_ptr<float>();
  for (int64_t row = 0; row < rows; ++row, share += outputs, to += outputs) {
    const float gradient = of_row(row);
    for (int64_t i = 0; i < outputs; ++i) to[i] = -gradient * share[i];
    to[target[row]] += gradient;
  }
  return result;
}

// One node instead of two with a scatter between them, in loops that do not mind how few outputs there are.
class TargetLogProbs : public torch::autograd::Function<TargetLogProbs> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& logits, const at::Tensor& targets) {
    at::Tensor own = targets.contiguous(), shares = logits.clone(at::MemoryFormat::Contiguous);
    const std::vector<float> said = say(shares, own);
    at::Tensor result = at::empty(targets.sizes(), logits.options());
    std::ranges::copy(said, result.data_ptr<float>());
    context->save_for_backward({shares, own});
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor gradient = gradients[0].contiguous();
    const auto* of_row = gradient.const_data_ptr<float>();
    return {to_logits(saved[0], saved[1], [&](int64_t row) { return of_row[row]; }), at::Tensor()};
  }
};

// The same, and the mean, in one: a small network's step is mostly nodes. `weight`: of each target in the mean.
class MeanTargetLoss : public torch::autograd::Function<MeanTargetLoss> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& logits, const at::Tensor& targets,
                            std::vector<double> weight) {
    at::Tensor own = targets.contiguous(), shares = logits.clone(at::MemoryFormat::Contiguous);
    const std::vector<float> said = say(shares, own);
    at::Tensor result = at::empty({targets.size(0)}, logits.options());
    for (int64_t member = 0, i = 0, each = targets.numel() / targets.size(0); member < targets.size(0); ++member) {
      double sum = 0;
      for (const int64_t end = i + each; i < end; ++i)
        sum += weight[static_cast<size_t>(i)] * said[static_cast<size_t>(i)];
      result.data_ptr<float>()[member] = static_cast<float>(-sum);
    }
    context->save_for_backward({shares, own});
    context->saved_data["weight"] = std::move(weight);
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto weight = context->saved_data["weight"].toDoubleVector();
    const at::Tensor gradient = gradients[0].contiguous();
    const int64_t each = saved[1].numel() / saved[1].size(0);
    const auto* of_member = gradient.const_data_ptr<float>();
    const auto of_row = [&](int64_t row) {
      return static_cast<float>(-of_member[row / each] * weight[static_cast<size_t>(row)]);
    };
    return {to_logits(saved[0], saved[1], of_row), at::Tensor(), at::Tensor()};
  }
};

// 1 / (scored targets of the member), of the others 0; each member has a scored one.
std::vector<double> mean_weights(const at::Tensor& targets, const at::Tensor& scored) {
  const auto members = static_cast<size_t>(targets.size(0)), each = static_cast<size_t>(targets.numel()) / members;
  if (!scored.defined()) return std::vector<double>(members * each, 1 / static_cast<double>(each));
  const at::Tensor marks = scored.to(at::kBool).contiguous();
  std::vector<double> weight(marks.const_data_ptr<bool>(), marks.const_data_ptr<bool>() + marks.numel());
  for (size_t member = 0; member < members; ++member) {
    const auto mine = std::span(weight).subspan(member * each, each);
    const double count = std::accumulate(mine.begin(), mine.end(), 0.0);
    for (double& one : mine) one /= count;
  }
  return weight;
}

bool in_loops(const at::Tensor& logits) { return logits.is_cpu() && logits.scalar_type() == at::kFloat; }

}  // namespace target_log_probs_detail

at::Tensor target_log_probs(const at::Tensor& logits, const at::Tensor& targets) {
  if (!target_log_probs_detail::in_loops(logits))
    return at::log_softmax(logits, -1).gather(-1, targets.unsqueeze(-1)).squeeze(-1);
  return target_log_probs_detail::TargetLogProbs::apply(logits, targets);
}

at::Tensor mean_target_loss(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& scored) {
  using namespace target_log_probs_detail;
  if (in_loops(logits)) return MeanTargetLoss::apply(logits, targets, mean_weights(targets, scored));
  const at::Tensor weight =
      at::tensor(mean_weights(targets, scored.defined() ? scored.cpu() : scored), at::kDouble).to(logits.options());
  return -(target_log_probs(logits, targets).reshape({targets.size(0), -1}) * weight.view({targets.size(0), -1}))
              .sum(1);
}

}  // namespace loom
