// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/row_affine.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <memory>

#include "harness/engine/flops.h"
#include "harness/engine/row_kernels.h"

namespace loom {
namespace row_affine_detail {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Beyond, in weights of one map, the library's blocking gains more than a call of it costs.
constexpr int64_t kMostWeightsLearned = 1 << 16;

// The sizes of a call, read from its tensors.
struct Form {
  Form(const at::Tensor& values, const at::Tensor& weight)
      : in(weight.size(-2)), out(weight.size(-1)), segments(weight.numel() / (in * out)), rows(values.numel() / in) {}
  int64_t in, out, segments, rows;
};

void multiply(const RowProducts& work, int64_t entries) {
  row_kernels().multiply(work);
  FlopCounter::add_product(entries, work.in, work.out);
}

std::unique_ptr<float[]> scratch(int64_t count) {
  return std::make_unique_for_overwrite<float[]>(static_cast<size_t>(count));
}

// A segment after the other, each through its ReLU and both products while its numbers are near.
struct Backward {
  Form form;
  const float *upstream, *said, *values, *weight;  // said null: no ReLU
  float *to_values, *to_weight, *to_bias;          // null: not asked for; there is to_bias where there is said

  void run(const std::vector<int64_t>& counts) const {
    const auto masked = said != nullptr ? scratch(std::ranges::max(counts) * form.out) : nullptr;
    const auto turned = to_values != nullptr ? scratch(form.in * form.out) : nullptr;
    int64_t segment = 0, begin = 0;
    for (const int64_t count : counts) {
      const float* gradient = upstream + begin * form.out;
      if (to_bias != nullptr)
        row_kernels().gradients({.gradient = gradient,
                                 .said = said != nullptr ? said + begin * form.out : nullptr,
                                 .to = masked.get(),
                                 .sums = to_bias + segment * form.out,
                                 .counts = &count,
                                 .segments = 1,
                                 .width = form.out});
      if (masked) gradient = masked.get();
      if (to_values != nullptr) values_gradient(gradient, segment, begin, count, turned.get());
      if (to_weight != nullptr) weight_gradient(gradient, segment, begin, count);
      ++segment, begin += count;
    }
  }

 private:
  void values_gradient(const float* gradient, int64_t segment, int64_t begin, const int64_t& count,
                       float* turned) const {
    row_kernels().transpose({.from = weight + segment * form.in * form.out,
                             .to = turned,
                             .rows = form.in,
                             .columns = form.out,
                             .from_step = form.out,
                             .to_step = form.in});
    multiply({.from = gradient,
              .to = to_values + begin * form.in,
              .weight = turned,
              .counts = &count,
              .segments = 1,
              .in = form.out,
              .out = form.in},
             count);
  }

  // Columns of the values times the gradient.
  void weight_gradient(const float* gradient, int64_t segment, int64_t begin, int64_t count) const {
    multiply({.from = values + begin * form.in,
              .to = to_weight + segment * form.in * form.out,
              .weight = gradient,
              .counts = &form.in,
              .segments = 1,
              .in = count,
              .out = form.out,
              .from_step = form.in},
             form.in);
  }
};

class RowAffine : public torch::autograd::Function<RowAffine> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& values, const at::Tensor& weight,
                            const at::Tensor& bias, std::vector<int64_t> counts, bool relu) {
    const Form form(values, weight);
    if (counts.empty()) counts.assign(static_cast<size_t>(form.segments), form.rows / form.segments);
    const at::Tensor from = values.contiguous(), by = weight.contiguous();
    const at::Tensor shift = bias.contiguous();
    auto shape = values.sizes().vec();
    shape.back() = form.out;
    at::Tensor result = at::empty(shape, values.options());
    multiply({.from = from.const_data_ptr<float>(),
              .to = result.data_ptr<float>(),
              .weight = by.const_data_ptr<float>(),
              .bias = shift.const_data_ptr<float>(),
              .counts = counts.data(),
              .segments = form.segments,
              .in = form.in,
              .out = form.out,
              .relu = relu},
             form.rows);
    context->save_for_backward({from, by, shift, relu ? result : at::Tensor()});
    context->saved_data["counts"] = std::move(counts);
    return result;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &values = saved[0], &weight = saved[1], &said = saved[3];
    const auto counts = context->saved_data["counts"].toIntVector();
    const at::Tensor upstream = gradients[0].contiguous();
    at::Tensor to_bias = context->needs_input_grad(2) || said.defined() ? at::empty_like(saved[2]) : at::Tensor();
    at::Tensor to_values = context->needs_input_grad(0) ? at::empty_like(values) : at::Tensor();
    at::Tensor to_weight = context->needs_input_grad(1) ? at::empty_like(weight) : at::Tensor();
    const auto read = [](const at::Tensor& of) { return of.defined() ? of.const_data_ptr<float>() : nullptr; };
    const auto write = [](at::Tensor& of) { return of.defined() ? of.data_ptr<float>() : nullptr; };
    Backward{.form = Form(values, weight),
             .upstream = read(upstream),
             .said = read(said),
             .values = read(values),
             .weight = read(weight),
             .to_values = write(to_values),
             .to_weight = write(to_weight),
             .to_bias = write(to_bias)}
        .run(counts);
    return {to_values, to_weight, to_bias, at::Tensor(), at::Tensor()};
  }
};

}  // namespace row_affine_detail

bool runs_in_row_kernels(const at::Tensor& values, const at::Tensor& weight) {
  return values.is_cpu() && values.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat &&
         weight.size(-2) * weight.size(-1) <= row_affine_detail::kMostWeightsLearned;
}

at::Tensor row_affine(const at::Tensor& values, const at::Tensor& weight, const at::Tensor& bias,
                      std::vector<int64_t> counts, Activation after) {
  const bool relu = after == Activation::relu;
  const at::Tensor said = row_affine_detail::RowAffine::apply(values, weight, bias, std::move(counts), relu);
  return relu ? said : activate(said, after);
}

at::Tensor batched_product(const at::Tensor& values, const at::Tensor& weight) {
  if (!runs_in_row_kernels(values, weight)) return at::bmm(values, weight);
  return row_affine(values, weight, at::zeros({weight.size(0), weight.size(2)}, weight.options().requires_grad(false)),
                    {}, Activation::none);
}

}  // namespace loom
