// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/row_softmax.h"

#include "harness/engine/row_kernels.h"

namespace loom {
namespace row_softmax_detail {

bool in_loops(const at::Tensor& values) { return values.is_cpu() && values.scalar_type() == at::kFloat; }

}  // namespace row_softmax_detail

using namespace row_softmax_detail;

at::Tensor log_softmax_over(const at::Tensor& logits) {
  if (!in_loops(logits) || (at::GradMode::is_enabled() && logits.requires_grad())) return at::log_softmax(logits, -1);
  at::Tensor over = logits.contiguous();
  const int64_t width = over.size(-1);
  row_kernels().log_softmax({.from = over.const_data_ptr<float>(),
                             .to = over.data_ptr<float>(),
                             .rows = over.numel() / width,
                             .width = width});
  return over;
}

at::Tensor place_of_highest(const at::Tensor& values) {
  if (!in_loops(values)) return values.argmax(-1).to(at::kInt);
  const at::Tensor from = values.contiguous();
  const auto shape = from.sizes().slice(0, static_cast<size_t>(from.dim() - 1));
  at::Tensor places = at::empty(shape, at::kInt), tops = at::empty(shape, from.options());
  row_kernels().summary({.log_probs = from.const_data_ptr<float>(),
                         .tops = tops.data_ptr<float>(),
                         .argmax = places.data_ptr<int32_t>(),
                         .rows = places.numel(),
                         .width = from.size(-1)});
  return places;
}

}  // namespace loom
