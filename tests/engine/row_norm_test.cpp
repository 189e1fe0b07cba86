// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/row_norm.h"

#include "tests/engine/drawn.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::row_norm_test {
namespace {

at::Tensor numbers_of(at::IntArrayRef shape, uint64_t index) {
  return drawn_normals(shape, 2.0, Stream(13, "test/row_norm", index));
}

at::Tensor reference(const std::vector<at::Tensor>& of) {
  return at::layer_norm(of[0], {of[0].size(2)}) * of[1] + of[2];
}

// values, weight, bias of two networks
std::vector<at::Tensor> leaves_of(int64_t rows, int64_t width) {
  std::vector<at::Tensor> leaves = {numbers_of({2, rows, width}, 0) + 5, numbers_of({2, 1, width}, 1),
                                    numbers_of({2, 1, width}, 2)};
  for (at::Tensor& leaf : leaves) leaf = leaf.detach().requires_grad_(true);
  return leaves;
}

std::vector<at::Tensor> gradients_of(const at::Tensor& said, const at::Tensor& upstream,
                                     const std::vector<at::Tensor>& leaves) {
  return torch::autograd::grad({(said * upstream).sum()}, leaves);
}

}  // namespace
}  // namespace loom::row_norm_test

using namespace loom::row_norm_test;

TEST_CASE("[row_norm] values and gradients are the library's in double precision") {
  for (const int64_t width : {4, 5, 12, 16, 37, 64}) {
    CAPTURE(width);
    const auto leaves = leaves_of(9, width);
    std::vector<at::Tensor> exact;
    for (const at::Tensor& leaf : leaves) exact.push_back(leaf.detach().to(at::kDouble).requires_grad_(true));
    const auto upstream = numbers_of({2, 9, width}, 3);
    const auto ours = row_norm(leaves[0], leaves[1], leaves[2]), theirs = reference(exact);
    CHECK(largest_difference(ours.detach(), theirs.detach()) < 2e-5);
    const auto back = gradients_of(ours, upstream, leaves);
    const auto wanted = gradients_of(theirs, upstream.to(at::kDouble), exact);
    for (size_t i = 0; i < back.size(); ++i) {
      CHECK(back[i].sizes() == leaves[i].sizes());
      CHECK(largest_difference(back[i], wanted[i]) < 5e-5);
    }
    CHECK(row_norm(leaves[0].detach(), leaves[1].detach(), leaves[2].detach()).equal(ours.detach()));
  }
}

TEST_CASE("[row_norm] a network in a stack has the bits that it has alone") {
  const auto leaves = leaves_of(7, 12);
  const auto upstream = numbers_of({2, 7, 12}, 4);
  const auto together = row_norm(leaves[0], leaves[1], leaves[2]);
  const auto all = gradients_of(together, upstream, leaves);
  for (int64_t network = 0; network < 2; ++network) {
    std::vector<at::Tensor> own;
    for (const at::Tensor& leaf : leaves)
      own.push_back(leaf.detach().narrow(0, network, 1).clone().requires_grad_(true));
    const auto alone = row_norm(own[0], own[1], own[2]);
    CHECK(alone.equal(together.narrow(0, network, 1)));
    const auto back = gradients_of(alone, upstream.narrow(0, network, 1), own);
    for (size_t i = 0; i < back.size(); ++i) CHECK(back[i].equal(all[i].narrow(0, network, 1)));
  }
}

TEST_CASE("[row_norm] other types are the library's") {
  const auto leaves = leaves_of(3, 12);
  const std::vector<at::Tensor> exact = {leaves[0].detach().to(at::kDouble), leaves[1].detach().to(at::kDouble),
                                         leaves[2].detach().to(at::kDouble)};
  CHECK(row_norm(exact[0], exact[1], exact[2]).equal(reference(exact)));
}
