// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/row_gelu.h"

#include <cmath>

#include "tests/engine/drawn.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::row_gelu_test {
namespace {

at::Tensor values_of(int64_t count) {
  const auto drawn = drawn_normals({count}, 3.0, Stream(11, "test/row_gelu", 0));
  if (count > 8) drawn.narrow(0, 0, 8).copy_(at::tensor({0.0F, -0.0F, 1e-6F, -1e-6F, 30.0F, -30.0F, 1e4F, -1e4F}));
  return drawn;
}

}  // namespace
}  // namespace loom::row_gelu_test

using namespace loom::row_gelu_test;

TEST_CASE("[row_gelu] values and slopes are the library's in double precision") {
  for (const int64_t count : {1, 7, 8, 16, 33, 1000}) {
    CAPTURE(count);
    const auto values = values_of(count).requires_grad_(true);
    const auto exact = values.detach().to(at::kDouble).requires_grad_(true);
    const auto ours = row_gelu(values), theirs = at::gelu(exact, "tanh");
    const auto scale = exact.detach().abs().clamp_min(1);
    CHECK(largest_difference(ours.detach() / scale, theirs.detach() / scale) < 2e-7);
    CHECK(row_gelu(values.detach()).equal(ours.detach()));
    const auto factor = drawn_normals({count}, 1.0, Stream(11, "test/row_gelu", 1));
    const auto back = torch::autograd::grad({(ours * factor).sum()}, {values})[0];
    const auto wanted = torch::autograd::grad({(theirs * factor).sum()}, {exact})[0];
    CHECK(largest_difference(back, wanted) < 2e-6);
  }
}

TEST_CASE("[row_gelu] a value has the same bits at any place, and what is not a number stays so") {
  const auto values = values_of(100);
  const auto all = row_gelu(values);
  for (const int64_t begin : {1, 13, 64, 99})
    CHECK(row_gelu(values.narrow(0, begin, 100 - begin)).equal(all.narrow(0, begin, 100 - begin)));
  CHECK(std::isnan(row_gelu(at::full({3}, NAN))[1].item<float>()));
  const auto strided = values.view({10, 10}).t();
  CHECK(row_gelu(strided).equal(all.view({10, 10}).t()));
}

TEST_CASE("[row_gelu] other types are the library's") {
  const auto values = values_of(20).to(at::kDouble);
  CHECK(row_gelu(values).equal(at::gelu(values, "tanh")));
}
