// SPDX-License-Identifier: Apache-2.0
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

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

// The same where nobody learns: no softmax is made.
std::vector<float> say_only(const at::Tensor& logits, const at::Tensor& targets) {
  const int64_t outputs = logits.size(-1), rows = targets.numel();
  const auto* target = targets.const_data_ptr<int64_t>();
  const auto* logit = logits.const_data_ptr<float>();
  std::vector<float> said(static_cast<size_t>(rows)), tops(said), log_sums(said);
  row_kernels().log_softmax(
      {.from = logit, .rows = rows, .width = outputs, .tops = tops.data(), .log_sums = log_sums.data()});
  for (int64_t row = 0; row < rows; ++row) {
    const auto at = static_cast<size_t>(row);
    said[at] = logit[row * outputs + target[row]] - tops[at] - log_sums[at];
  }
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

// Of each target in its member's mean; undefined: all alike.
struct MeanWeights {
  MeanWeights(const at::Tensor& weights, const at::Tensor& targets)
      : each(targets.numel() / targets.size(0)),
        own(weights.defined() ? weights.const_data_ptr<double>() : nullptr),
        alike(1 / static_cast<double>(each)) {}
  double operator[](int64_t target) const { return own == nullptr ? alike : own[target]; }
  int64_t each;
  const double* own;
  double alike;
};

// Minus the weighted sum of what is said, of each member.
at::Tensor mean_loss(const std::vector<float>& said, const at::Tensor& targets, const at::Tensor& weights) {
  at::Tensor result = at::empty({targets.size(0)}, at::kFloat);
  const MeanWeights weight(weights, targets);
  for (int64_t member = 0, i = 0; member < targets.size(0); ++member) {
    double sum = 0;
    for (const int64_t end = i + weight.each; i < end; ++i) sum += weight[i] * said[static_cast<size_t>(i)];
    result.data_ptr<float>()[member] = static_cast<float>(-sum);
  }
  return result;
}

// The same as TargetLogProbs, and the mean, in one: a small network's step is mostly nodes.
class MeanTargetLoss : public torch::autograd::Function<MeanTargetLoss> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& logits, const at::Tensor& targets,
                            const std::optional<at::Tensor>& scored_weights) {
    const at::Tensor weights = scored_weights.value_or(at::Tensor());
    at::Tensor own = targets.contiguous(), shares = logits.clone(at::MemoryFormat::Contiguous);
    at::Tensor result = mean_loss(say(shares, own), own, weights);
    context->save_for_backward({shares, own, weights});
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const MeanWeights weight(saved[2], saved[1]);
    const at::Tensor gradient = gradients[0].contiguous();
    const auto* of_member = gradient.const_data_ptr<float>();
    const auto of_row = [&](int64_t row) { return static_cast<float>(-of_member[row / weight.each] * weight[row]); };
    return {to_logits(saved[0], saved[1], of_row), at::Tensor(), at::Tensor()};
  }
};

// [members, targets of each]: 1 / (scored targets of the member), of the others 0; each member has a scored one.
at::Tensor mean_weights(const at::Tensor& targets, const at::Tensor& scored) {
  const at::Tensor marks = scored.to(at::kDouble).reshape({targets.size(0), -1});
  return (marks / marks.sum(1, /*keepdim=*/true)).contiguous();
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
  std::optional<at::Tensor> weights;  // of a library that takes no undefined tensor here
  if (scored.defined()) weights = mean_weights(targets, scored);
  if (in_loops(logits) && at::GradMode::is_enabled() && logits.requires_grad())
    return MeanTargetLoss::apply(logits, targets, weights);
  if (in_loops(logits))
    return mean_loss(say_only(logits.contiguous(), targets.contiguous()), targets, weights.value_or(at::Tensor()));
  const at::Tensor said = target_log_probs(logits, targets).reshape({targets.size(0), -1});
  return weights ? -(said * weights->to(logits.options())).sum(1) : -said.mean(1);
}

}  // namespace loom
