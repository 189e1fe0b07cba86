// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/log_prob_summary.h"

#include "harness/engine/row_kernels.h"

namespace loom {

LogProbSummary summary_as_stored(const at::Tensor& log_probs, bool tokens) {
  const at::Tensor from = log_probs.to(at::kCPU, at::kFloat).contiguous();
  const auto shape = from.sizes().slice(0, static_cast<size_t>(from.dim() - 1));
  LogProbSummary summary = {at::empty(shape, from.options()), at::empty(shape, at::kInt),
                            at::empty(shape, from.options())};
  row_kernels().summary({.log_probs = from.const_data_ptr<float>(),
                         .tops = summary.highest.data_ptr<float>(),
                         .argmax = summary.argmax.data_ptr<int32_t>(),
                         .entropy = summary.entropy.data_ptr<float>(),
                         .rows = summary.argmax.numel(),
                         .width = from.size(-1)});
  if (tokens)
    for (at::Tensor* rounded : {&summary.highest, &summary.entropy}) *rounded = rounded->to(at::kHalf).to(at::kFloat);
  return summary;
}

}  // namespace loom
