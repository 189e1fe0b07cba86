// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/row_attention.h"

#include "harness/engine/flops.h"
#include "harness/engine/row_kernels.h"
#include "tests/engine/drawn.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::row_attention_test {
namespace {

struct Shape {
  int64_t rows, steps, heads, width;
};
// One block, its edges, several, and widths that fill a vector or do not.
constexpr Shape kShapes[] = {{2, 1, 1, 4},  {1, 5, 2, 1},  {2, 15, 1, 12}, {1, 16, 2, 16},  {2, 31, 2, 20},
                             {1, 32, 1, 8}, {2, 33, 1, 7}, {1, 48, 2, 37}, {1, 100, 2, 12}, {2, 128, 2, 16}};

at::Tensor heads_of(at::IntArrayRef shape, uint64_t index) {
  return drawn_normals(shape, 1.5, Stream(17, "test/row_attention", index));
}
at::Tensor mixed_heads(const Shape& shape) {
  return heads_of({shape.rows, shape.steps, 3, shape.heads, shape.width}, 0);
}
at::Tensor upstream_heads(const Shape& shape) {
  return heads_of({shape.rows, shape.steps, shape.heads * shape.width}, 1);
}

// By the definition, in double precision.
at::Tensor by_definition(const at::Tensor& mixed) {
  const auto parts = mixed.permute({2, 0, 3, 1, 4}).unbind(0);
  const int64_t steps = mixed.size(1);
  const auto later = at::ones({steps, steps}, at::kBool).triu(1);
  const auto scores = parts[0].matmul(parts[1].transpose(-1, -2)) / std::sqrt(static_cast<double>(mixed.size(4)));
  const auto shares = scores.masked_fill(later, -INFINITY).softmax(-1);
  return shares.matmul(parts[2]).transpose(1, 2).reshape({mixed.size(0), steps, mixed.size(3) * mixed.size(4)});
}

at::Tensor gradient_of_heads(const at::Tensor& said, const at::Tensor& upstream, const at::Tensor& leaf) {
  return torch::autograd::grad({(said * upstream).sum()}, {leaf})[0];
}

}  // namespace
}  // namespace loom::row_attention_test

using namespace loom::row_attention_test;

TEST_CASE("[row_attention] values and gradients are those of the definition in double precision") {
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.steps);
    CAPTURE(shape.width);
    const auto ours = mixed_heads(shape).requires_grad_(true),
               exact = ours.detach().to(at::kDouble).requires_grad_(true);
    const auto said = causal_attention(ours), wanted = by_definition(exact);
    CHECK(said.sizes() == wanted.sizes());
    CHECK(largest_difference(said.detach(), wanted.detach()) < 5e-6);
    const auto back = gradient_of_heads(said, upstream_heads(shape), ours);
    CHECK(largest_difference(back, gradient_of_heads(wanted, upstream_heads(shape).to(at::kDouble), exact)) < 5e-5);
    CHECK(causal_attention(ours.detach()).equal(said.detach()));
  }
}

TEST_CASE("[row_attention] no later step is heard, and a row is the row alone") {
  for (const Shape& shape : kShapes) {
    const auto mixed = mixed_heads(shape), said = causal_attention(mixed);
    for (const int64_t step : {int64_t{1}, shape.steps / 2, shape.steps - 1}) {
      if (step < 1 || step >= shape.steps) continue;
      auto changed = mixed.clone();
      changed.narrow(1, step, shape.steps - step).fill_(1e30);
      CHECK(causal_attention(changed).narrow(1, 0, step).equal(said.narrow(1, 0, step)));
    }
    CHECK(causal_attention(mixed.narrow(0, shape.rows - 1, 1)).equal(said.narrow(0, shape.rows - 1, 1)));
  }
}

TEST_CASE("[row_attention] FLOPs are the library's, and so is what is long or of another type") {
  const Shape shape = {2, 40, 2, 12};
  const auto ours = mixed_heads(shape).requires_grad_(true);
  const auto step = [&](const auto& attend) { gradient_of_heads(attend(ours), upstream_heads(shape), ours); };
  const auto library = [](const at::Tensor& mixed) {
    const auto parts = mixed.permute({2, 0, 3, 1, 4}).unbind(0);
    const auto said = at::scaled_dot_product_attention(parts[0], parts[1], parts[2], {}, 0.0, /*is_causal=*/true);
    return said.transpose(1, 2).reshape({mixed.size(0), mixed.size(1), mixed.size(3) * mixed.size(4)});
  };
  const int64_t counted = count_flops([&] { step(causal_attention); });
  CHECK(counted == count_flops([&] { step(library); }));
  CHECK(counted == (4 + 10) * 2 * 2 * 40 * 40 * 12);
  const auto exact = ours.detach().to(at::kDouble);
  CHECK(causal_attention(exact).equal(library(exact)));
  const auto beyond = heads_of({1, 513, 3, 1, 4}, 2);
  CHECK(causal_attention(beyond).equal(library(beyond)));
}

TEST_CASE("[row_attention] every set of instructions gives the same but for rounding") {
  const Shape shape = {1, 70, 1, 20};
  const auto mixed = mixed_heads(shape), said = causal_attention(mixed);
  std::vector<float> scratch(static_cast<size_t>(row_attention_scratch(shape.steps, shape.width)), NAN);
  const auto* from = mixed.const_data_ptr<float>();
  at::Tensor plain = at::empty({1, shape.steps, shape.width});
  row_kernels("DEFAULT").attention({.query = from,
                                    .key = from + shape.width,
                                    .value = from + 2 * shape.width,
                                    .to = plain.data_ptr<float>(),
                                    .scratch = scratch.data(),
                                    .steps = shape.steps,
                                    .width = shape.width,
                                    .step = 3 * shape.width,
                                    .to_step = shape.width,
                                    .scale = static_cast<float>(1 / std::sqrt(20.0))});
  CHECK(largest_difference(plain, said) < 5e-6);
}
