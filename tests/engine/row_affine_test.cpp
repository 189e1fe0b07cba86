// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/row_affine.h"

#include <numeric>

#include "harness/engine/flops.h"
#include "tests/engine/drawn.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::row_affine_test {
namespace {

at::Tensor drawn(at::IntArrayRef shape, uint64_t index) {
  return drawn_normals(shape, 1.0, Stream(9, "test/row_affine", index)).requires_grad_(true);
}

// A map of S segments, and what the library makes of it in double precision.
struct Case {
  Case(std::vector<int64_t> of, int64_t in, int64_t out) : counts(std::move(of)) {
    const auto segments = std::ssize(counts);
    const int64_t rows = std::accumulate(counts.begin(), counts.end(), int64_t{0});
    leaves = {drawn({rows, in}, 1), drawn({segments, in, out}, 2), drawn({segments, out}, 3)};
    upstream = drawn({rows, out}, 4).detach();
  }
  at::Tensor ours(Activation after) const { return row_affine(leaves[0], leaves[1], leaves[2], counts, after); }
  at::Tensor theirs(const std::vector<at::Tensor>& of, Activation after) const {
    std::vector<at::Tensor> parts;
    int64_t begin = 0;
    for (int64_t s = 0; s < std::ssize(counts); begin += counts[static_cast<size_t>(s)], ++s)
      parts.push_back(at::addmm(of[2][s], of[0].narrow(0, begin, counts[static_cast<size_t>(s)]), of[1][s]));
    return activate(at::cat(parts), after);
  }
  std::vector<at::Tensor> in_double() const {
    std::vector<at::Tensor> all;
    for (const at::Tensor& leaf : leaves) all.push_back(leaf.detach().to(at::kDouble).requires_grad_(true));
    return all;
  }
  std::vector<int64_t> counts;
  std::vector<at::Tensor> leaves;  // rows, weight, bias
  at::Tensor upstream;
};

std::vector<at::Tensor> gradients(const at::Tensor& said, const at::Tensor& upstream,
                                  const std::vector<at::Tensor>& leaves) {
  return torch::autograd::grad({(said * upstream).sum()}, leaves);
}

}  // namespace
}  // namespace loom::row_affine_test

using namespace loom::row_affine_test;

TEST_CASE("[row_affine] values and gradients are the library's in double precision, empty segments included") {
  for (const auto& counts : {std::vector<int64_t>{64, 64}, {7, 0, 1, 20}, {1}})
    for (const auto& [in, out] : {std::pair<int64_t, int64_t>{64, 64}, {10, 64}, {64, 10}, {5, 3}, {1, 12}, {33, 131}})
      for (const Activation after : {Activation::relu, Activation::none, Activation::gelu}) {
        CAPTURE(in);
        CAPTURE(out);
        const Case some(counts, in, out);
        const auto exact = some.in_double();
        const auto said = some.ours(after), expected = some.theirs(exact, after);
        CHECK(largest_difference(said.detach(), expected.detach()) < 3e-5);
        const auto ours = gradients(said, some.upstream, some.leaves);
        const auto theirs = gradients(expected, some.upstream.to(at::kDouble), exact);
        for (size_t i = 0; i < ours.size(); ++i) {
          CHECK(ours[i].sizes() == some.leaves[i].sizes());
          CHECK(largest_difference(ours[i], theirs[i]) < 1e-4);
        }
      }
}

TEST_CASE("[row_affine] a segment has the same bits alone, forward and backward") {
  const auto rows = drawn({3, 20, 17}, 5), weight = drawn({3, 17, 10}, 6), bias = drawn({3, 1, 10}, 7);
  const auto upstream = drawn({3, 20, 10}, 8).detach();
  const std::vector<at::Tensor> leaves = {rows, weight, bias};
  const auto together = row_affine(rows, weight, bias, {}, Activation::relu);
  CHECK(together.sizes() == upstream.sizes());
  const auto all = gradients(together, upstream, leaves);
  for (int64_t s = 0; s < 3; ++s) {
    std::vector<at::Tensor> own;
    for (const at::Tensor& leaf : leaves) own.push_back(leaf.detach().narrow(0, s, 1).clone().requires_grad_(true));
    const auto alone = row_affine(own[0], own[1], own[2], {}, Activation::relu);
    CHECK(alone.equal(together.narrow(0, s, 1)));
    const auto back = gradients(alone, upstream.narrow(0, s, 1), own);
    for (size_t i = 0; i < back.size(); ++i) CHECK(back[i].equal(all[i].narrow(0, s, 1)));
  }
}

TEST_CASE("[row_affine] a row has the same bits in any company, also of a map that is taken in parts") {
  for (const auto& [in, out] : {std::pair<int64_t, int64_t>{64, 64}, {300, 100}, {600, 10}, {129, 37}, {20, 3}}) {
    CAPTURE(in);
    const auto rows = drawn({70, in}, 5).detach(), weight = drawn({1, in, out}, 6), bias = drawn({1, out}, 7);
    const auto all = row_affine(rows, weight, bias, {70}, Activation::relu);
    for (const int64_t count : {1, 2, 7, 31, 32, 69}) {
      const auto some = row_affine(rows.narrow(0, 70 - count, count), weight, bias, {count}, Activation::relu);
      CHECK(some.equal(all.narrow(0, 70 - count, count)));
    }
  }
}

TEST_CASE(
    "[row_affine] its products are counted as the library's are, and an input that needs no gradient costs none") {
  const Case some({12, 20}, 16, 24);
  const auto exact = some.in_double();
  const auto ours = count_flops([&] { gradients(some.ours(Activation::relu), some.upstream, some.leaves); });
  const auto theirs =
      count_flops([&] { gradients(some.theirs(exact, Activation::relu), some.upstream.to(at::kDouble), exact); });
  CHECK(ours == theirs);
  CHECK(ours == 3 * 2 * 32 * 16 * 24);
  const auto data = some.leaves[0].detach();
  const std::vector<at::Tensor> parameters = {some.leaves[1], some.leaves[2]};
  CHECK(count_flops([&] {
          gradients(row_affine(data, parameters[0], parameters[1], some.counts, Activation::none), some.upstream,
                    parameters);
        }) == 2 * 2 * 32 * 16 * 24);
}

TEST_CASE("[row_affine] a large map is the library's") {
  CHECK(runs_in_row_kernels(at::zeros({2, 256}), at::zeros({1, 256, 256})));
  CHECK_FALSE(runs_in_row_kernels(at::zeros({2, 256}), at::zeros({1, 256, 257})));
  CHECK_FALSE(runs_in_row_kernels(at::zeros({2, 8}, at::kDouble), at::zeros({1, 8, 8}, at::kDouble)));
}
