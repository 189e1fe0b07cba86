// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/row_attention.h"

#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <memory>

#include "harness/engine/flops.h"
#include "harness/engine/row_kernels.h"

namespace loom {
namespace row_attention_detail {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kLongest = 512;  // steps; a head's keys and values are to stay in the cache

struct Form {
  explicit Form(const at::Tensor& mixed)
      : rows(mixed.size(0)), steps(mixed.size(1)), heads(mixed.size(3)), width(mixed.size(4)) {}
  int64_t rows, steps, heads, width;

  // Of head `head` in row `row`; all but the gradients.
  RowAttention head(const float* mixed, int64_t row, int64_t head) const {
    const float* query = mixed + row * steps * 3 * heads * width + head * width;
    return {.query = query,
            .key = query + heads * width,
            .value = query + 2 * heads * width,
            .steps = steps,
            .width = width,
            .step = 3 * heads * width,
            .to_step = heads * width,
            .scale = static_cast<float>(1 / std::sqrt(static_cast<double>(width)))};
  }
  int64_t place(int64_t row, int64_t head) const { return (row * steps * heads + head) * width; }  // in what comes out
};

// Calls of_head(work, row, head) with scratch for each.
template <class OfHead>
void each_head(const Form& form, const float* mixed, int64_t products, OfHead of_head) {
  const auto size = static_cast<size_t>(row_attention_scratch(form.steps, form.width));
  const auto scratch = std::make_unique_for_overwrite<float[]>(size);
  for (int64_t row = 0; row < form.rows; ++row)
    for (int64_t head = 0; head < form.heads; ++head) {
      RowAttention work = form.head(mixed, row, head);
      work.scratch = scratch.get();
      of_head(work, row, head);
      row_kernels().attention(work);
    }
  FlopCounter::add_product(products * form.rows * form.heads * form.steps, form.width, form.steps);
}

at::Tensor attended(const at::Tensor& mixed) {
  const Form form(mixed);
  at::Tensor result = at::empty({form.rows, form.steps, form.heads * form.width}, mixed.options());
  auto* to = result.data_ptr<float>();
  each_head(form, mixed.const_data_ptr<float>(), 2,
            [&](RowAttention& work, int64_t row, int64_t head) { work.to = to + form.place(row, head); });
  return result;
}

// Shares are computed again for the gradient: five products for the two of the way there.
class Attention : public torch::autograd::Function<Attention> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& mixed) {
    const at::Tensor from = mixed.contiguous();
    context->save_for_backward({from});
    return attended(from);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor mixed = context->get_saved_variables()[0], gradient = gradients[0].contiguous();
    const Form form(mixed);
    at::Tensor result = at::empty_like(mixed);
    const auto* given = gradient.const_data_ptr<float>();
    auto* to = result.data_ptr<float>();
    each_head(form, mixed.const_data_ptr<float>(), 5, [&](RowAttention& work, int64_t row, int64_t head) {
      work.gradient = given + form.place(row, head);
      work.to_query = to + (work.query - mixed.const_data_ptr<float>());
      work.to_key = work.to_query + form.heads * form.width;
      work.to_value = work.to_key + form.heads * form.width;
    });
    return {result};
  }
};

at::Tensor by_library(const at::Tensor& mixed) {
  const auto parts = mixed.permute({2, 0, 3, 1, 4}).unbind(0);
  const auto context = at::scaled_dot_product_attention(parts[0], parts[1], parts[2], {}, 0.0, /*is_causal=*/true);
  return context.transpose(1, 2).reshape({mixed.size(0), mixed.size(1), mixed.size(3) * mixed.size(4)});
}

}  // namespace row_attention_detail

at::Tensor causal_attention(const at::Tensor& mixed) {
  using namespace row_attention_detail;
  if (!mixed.is_cpu() || mixed.scalar_type() != at::kFloat || mixed.size(1) > kLongest) return by_library(mixed);
  if (at::GradMode::is_enabled() && mixed.requires_grad()) return Attention::apply(mixed);
  return attended(mixed.contiguous());
}

}  // namespace loom
