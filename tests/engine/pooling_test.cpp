// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/pooling.h"

#include <doctest/doctest.h>

#include <limits>

namespace loom::pooling_test {
namespace {

struct Pooled {
  at::Tensor said, gradient;
};

template <class Pool>
Pooled pooled(const at::Tensor& maps, Pool pool) {
  const at::Tensor from = maps.clone().requires_grad_();
  const at::Tensor said = pool(from);
  at::manual_seed(2);
  said.backward(at::randn(said.sizes()));
  return {said.detach(), from.grad()};
}

at::Tensor by_library(const at::Tensor& maps) { return at::max_pool2d(at::relu(maps), 2); }

TEST_CASE(
    "[pooling] a square by hand: the greatest, its gradient to the first that said it, none where all are below 0") {
  const at::Tensor maps = at::tensor({1.F, 5.F, -1.F, -2.F,  //
                                      5.F, 2.F, -3.F, 0.F})
                              .reshape({1, 1, 2, 4});
  const at::Tensor from = maps.clone().requires_grad_();
  const at::Tensor said = relu_max_pool(from);
  CHECK(at::equal(said.detach(), at::tensor({5.F, 0.F}).reshape({1, 1, 1, 2})));
  said.backward(at::tensor({7.F, 9.F}).reshape({1, 1, 1, 2}));
  CHECK(at::equal(from.grad(), at::tensor({0.F, 7.F, 0.F, 0.F, 0.F, 0.F, 0.F, 0.F}).reshape({1, 1, 2, 4})));
}

TEST_CASE("[pooling] as the library's ReLU and pooling, bit for bit, with many ties and odd sides") {
  at::manual_seed(1);
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{28, 28}, {14, 14}, {7, 9}, {4, 5}, {2, 2}, {5, 35}})
    for (const bool ties : {false, true}) {
      at::Tensor maps = at::randn({3, 5, height, width});
      if (ties) maps = at::round(maps);
      const Pooled own = pooled(maps, relu_max_pool), library = pooled(maps, by_library);
      CAPTURE(height);
      CAPTURE(width);
      CHECK(at::equal(own.said, library.said));
      CHECK(at::equal(own.gradient, library.gradient));
    }
}

TEST_CASE("[pooling] views are read as what they show, and what is not a number stays") {
  at::manual_seed(1);
  const at::Tensor maps = at::randn({2, 8, 6, 3}).permute({0, 3, 1, 2});
  CHECK(at::equal(pooled(maps, relu_max_pool).gradient, pooled(maps, by_library).gradient));
  for (int64_t entry = 0; entry < 4; ++entry) {
    at::Tensor square = at::ones({1, 1, 2, 2});
    square.view({4})[entry] = std::numeric_limits<float>::quiet_NaN();
    CHECK(relu_max_pool(square).isnan().all().item<bool>());
  }
}

}  // namespace
}  // namespace loom::pooling_test
