// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/row_softmax.h"

#include "harness/engine/row_kernels.h"
#include "tests/engine/drawn.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::row_softmax_test {
namespace {

at::Tensor some_logits(int64_t rows, int64_t width, double scale) {
  return drawn_normals({rows, width}, scale, Stream(29, "test/row_softmax", static_cast<uint64_t>(width)));
}

}  // namespace
}  // namespace loom::row_softmax_test

using namespace loom::row_softmax_test;

TEST_CASE("[row_softmax] log-probabilities are those of double precision, for every set of instructions") {
  for (const int64_t width : {1, 2, 3, 5, 8, 10, 33, 64, 256, 257})
    for (const double scale : {1.0, 20.0, 1e6}) {
      CAPTURE(width);
      CAPTURE(scale);
      const auto logits = some_logits(11, width, scale);
      const auto exact = at::log_softmax(logits.to(at::kDouble), -1);
      for (const RowKernels* kernels : {&row_kernels(), &row_kernels("DEFAULT")}) {
        at::Tensor said = at::empty_like(logits), tops = at::empty({11}), log_sums = at::empty({11});
        kernels->log_softmax({.from = logits.const_data_ptr<float>(),
                              .to = said.data_ptr<float>(),
                              .rows = 11,
                              .width = width,
                              .tops = tops.data_ptr<float>(),
                              .log_sums = log_sums.data_ptr<float>()});
        CHECK(largest_difference(said, exact) < 1e-6 * std::max(scale, 2.0));
        CHECK(tops.equal(logits.amax(-1)));
        CHECK(((logits - tops.unsqueeze(1)) - log_sums.unsqueeze(1)).equal(said));
      }
    }
}

TEST_CASE("[row_softmax] what is written over is what is asked for, or the library's graph where a gradient is") {
  const auto logits = some_logits(6, 10, 3.0), given = logits.clone();
  const auto said = log_softmax_over(logits);
  CHECK(said.data_ptr() == logits.data_ptr());
  CHECK(largest_difference(said, at::log_softmax(given.to(at::kDouble), -1)) < 2e-6);
  const auto turned = given.clone().t();  // not contiguous: nothing of it is touched
  CHECK(largest_difference(log_softmax_over(turned), at::log_softmax(given.t(), -1)) < 2e-6);
  CHECK(turned.equal(given.t()));
  const auto learned = given.clone().requires_grad_(true);
  const auto gradient = torch::autograd::grad({log_softmax_over(learned).select(1, 0).sum()}, {learned})[0];
  auto expected = -at::softmax(given, -1);
  expected.select(1, 0) += 1;
  CHECK(largest_difference(gradient, expected.to(at::kDouble)) < 1e-6);
}

TEST_CASE("[row_softmax] the place of the highest is the library's, of equals the first") {
  for (const int64_t width : {1, 2, 7, 8, 40, 257}) {
    const auto values = some_logits(30, width, 5.0).view({2, 15, width});
    CHECK(place_of_highest(values).equal(values.argmax(-1).to(at::kInt)));
    CHECK(place_of_highest(at::zeros_like(values)).equal(at::zeros({2, 15}, at::kInt)));
  }
  auto equal = at::full({1, 40}, -3.0F);
  equal[0][9] = equal[0][31] = 2;
  CHECK(place_of_highest(equal).item<int32_t>() == 9);
}
