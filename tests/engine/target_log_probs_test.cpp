// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/engine/losses.h"
#include "tests/engine/drawn.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::target_log_probs_test {
namespace {

at::Tensor logits_of(at::IntArrayRef shape, double scale) {
  const auto count = static_cast<uint64_t>(c10::multiply_integers(shape));
  return drawn_normals(shape, scale, Stream(5, "test/target_log_probs", count));
}

at::Tensor reference(const at::Tensor& logits, const at::Tensor& targets) {
  return at::log_softmax(logits.to(at::kDouble), -1).gather(-1, targets.unsqueeze(-1)).squeeze(-1);
}

at::Tensor targets_of(const at::Tensor& logits) {
  auto shape = logits.sizes().vec();
  shape.pop_back();
  return at::arange(logits.numel() / logits.size(-1)).mul(7).remainder(logits.size(-1)).view(shape);
}

}  // namespace
}  // namespace loom::target_log_probs_test

using namespace loom::target_log_probs_test;

TEST_CASE("[losses] log-probabilities of targets and their gradients are those of double precision") {
  for (const int64_t outputs : {2, 3, 8, 10, 16, 41, 256})
    for (const double scale : {1.0, 20.0}) {
      CAPTURE(outputs);
      const auto logits = logits_of({2, 5, 3, outputs}, scale).requires_grad_(true);
      const auto exact = logits.detach().to(at::kDouble).requires_grad_(true);
      const auto targets = targets_of(logits), factor = logits_of({2, 5, 3}, 1.0);
      const auto said = target_log_probs(logits, targets), expected = reference(exact, targets);
      CHECK(largest_difference(said.detach(), expected.detach()) < 2e-6 * scale);
      const auto gradient = torch::autograd::grad({(said * factor).sum()}, {logits})[0];
      const auto wanted = torch::autograd::grad({(expected * factor).sum()}, {exact})[0];
      CHECK(largest_difference(gradient, wanted) < 2e-6 * scale);
    }
}

TEST_CASE("[losses] a member's mean loss and its gradient are those of double precision, of items and of texts") {
  for (const bool texts : {false, true}) {
    const auto shape = texts ? std::vector<int64_t>{3, 5, 4, 10} : std::vector<int64_t>{3, 20, 10};
    const auto logits = logits_of(shape, 2.0).requires_grad_(true);
    const auto exact = logits.detach().to(at::kDouble).requires_grad_(true);
    const auto targets = targets_of(logits), factor = at::tensor({1.0F, -2.0F, 0.5F});
    const auto said = mean_target_loss(logits, targets), expected = -reference(exact, targets).view({3, -1}).mean(1);
    CHECK(said.sizes() == at::IntArrayRef{3});
    CHECK(largest_difference(said.detach(), expected.detach()) < 2e-6);
    const auto gradient = torch::autograd::grad({(said * factor).sum()}, {logits})[0];
    const auto wanted = torch::autograd::grad({(expected * factor).sum()}, {exact})[0];
    CHECK(largest_difference(gradient, wanted) < 1e-6);
    const auto mask = at::arange(targets.numel()).remainder(3).ne(0);  // of each member two in three
    const auto masked = mean_target_loss(logits, targets, mask).detach();
    const auto own = (reference(exact, targets).view({3, -1}) * mask.view({3, -1})).sum(1).detach();
    CHECK(largest_difference(masked, -own / mask.view({3, -1}).sum(1)) < 2e-6);
    CHECK(mean_target_loss(logits, targets, at::ones_like(mask)).equal(said));
    CHECK(mean_target_loss(logits.detach(), targets).equal(said));  // a look says what training said, to the bit
    CHECK(mean_target_loss(logits.detach(), targets, mask).equal(masked));
  }
}

TEST_CASE("[losses] a row's log-probability has the same bits in every batch") {
  for (const int64_t outputs : {4, 10, 33}) {
    const auto logits = logits_of({9, outputs}, 3.0), targets = targets_of(logits);
    const auto together = target_log_probs(logits, targets);
    for (int64_t row = 0; row < 9; ++row)
      CHECK(target_log_probs(logits.narrow(0, row, 1), targets.narrow(0, row, 1))[0].equal(together[row]));
  }
}

TEST_CASE("[losses] a target far behind costs its distance, and what is not finite is not hidden") {
  const auto row = at::tensor({0.0F, -500.0F, 3.0F}).view({1, 3});
  CHECK(target_log_probs(row, at::ones({1}, at::kLong)).item<float>() ==
        doctest::Approx(-503 - std::log1p(std::exp(-3.0))));
  for (const float bad : {NAN, INFINITY})
    CHECK(target_log_probs(at::tensor({0.0F, bad, 3.0F}).view({1, 3}), at::zeros({1}, at::kLong)).isnan().item<bool>());
}
