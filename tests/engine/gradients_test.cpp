// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "harness/engine/affine_bank.h"
#include "harness/random.h"
#include "tests/engine/drawn.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::gradients_test {
namespace {

at::Tensor draw(at::IntArrayRef shape, uint64_t index) {
  return drawn_normals(shape, 1.0, Stream(21, "test/draw", index)).to(at::kDouble);
}

// A network whose parameters are doubles, so that differences of losses are not lost in rounding.
Network in_double(const NetworkSpec& spec) {
  Network network(spec, 2);
  network.parameters().initialise(std::array<uint64_t, 2>{4, 4}, std::array<uint64_t, 2>{0, 1});
  add_noise(network.parameters(), 4, 0, 0.3);  // biases and norms leave their special values
  for (size_t i = 0; i < network.parameters().size(); ++i) {
    auto& value = const_cast<at::Tensor&>(network.parameters()[i]);
    value.set_data(value.to(at::kDouble));
  }
  return network;
}

// Cross-entropy and the layers' own losses, as training minimises them.
at::Tensor objective(const Network& network, const LoadedSuite& suite) {
  const bool tokens = network.spec().shape.kind == InputKind::tokens;
  const int64_t rows = tokens ? 3 : 11;
  const auto chosen = suite.data().inputs.narrow(0, 0, 2 * rows).view({2, rows, -1});
  const auto inputs = chosen.is_floating_point() ? chosen.to(at::kDouble) : chosen;
  const auto targets = tokens ? inputs : suite.data().targets.narrow(0, 0, 2 * rows).view({2, rows});
  const auto tags =
      network.spec().tags > 0 ? suite.data().domains.narrow(0, 0, 2 * rows).view({2, rows}) : at::Tensor();
  Pass pass{.training = true, .auxiliary = {}, .gates = {}, .choices = {}};
  const auto logits = network.forward(inputs, tags, pass);
  auto loss = -at::log_softmax(logits, -1).gather(-1, targets.unsqueeze(-1)).mean() * 2;
  return pass.auxiliary.defined() ? loss + pass.auxiliary : loss;
}

// Each parameter tensor by itself, along a random direction: central difference against the inner product.
void check_gradients(Stub stub, const NetworkSpec& spec) {
  constexpr double kStep = 1e-7;  // pooling and ReLU have many kinks; a wider step would meet some
  const LoadedSuite& suite = loaded(stub);
  Network network = in_double(spec);
  const auto values = network.parameters().values();
  for (const at::Tensor& value : values) const_cast<at::Tensor&>(value).requires_grad_(true);
  const auto gradients =
      torch::autograd::grad({objective(network, suite)}, values, {}, std::nullopt, false, /*allow_unused=*/true);
  at::NoGradGuard no_grad;
  for (size_t i = 0; i < values.size(); ++i) {
    CAPTURE(network.parameters().name(i));
    REQUIRE(gradients[i].defined());
    const auto direction = draw(values[i].sizes(), i);
    const auto loss_at = [&](double distance) {
      values[i].add_(direction, distance);
      const double loss = objective(network, suite).item<double>();
      values[i].sub_(direction, distance);
      return loss;
    };
    const double measured = (loss_at(kStep) - loss_at(-kStep)) / (2 * kStep);
    const double computed = (gradients[i] * direction).sum().item<double>();
    CHECK(measured == doctest::Approx(computed).epsilon(1e-4).scale(1e-4));
  }
}

Json expert_options(const char* name, int64_t top_k) {
  return {{"name", name}, {"experts", 3}, {"top_k", top_k}, {"balance", 0.5}};
}

}  // namespace
}  // namespace loom::gradients_test

using namespace loom::gradients_test;

TEST_CASE("[gradients] every parameter of every layer in every backbone follows finite differences") {
  for (const Stub stub : kStubs)
    for (const Json& layer : {Json{{"name", "dense"}}, expert_options("soft_moe", 3), expert_options("sparse_moe", 1),
                              expert_options("sparse_moe", 2)}) {
      CAPTURE(layer.dump());
      check_gradients(stub, network_spec(stub, backbone(stub, 8, 7), layer));
    }
}

TEST_CASE("[gradients] layers that read the domain, and heads") {
  for (const Stub stub : kStubs)
    for (const char* name : {"demix", "mmoe", "cgc", "lora", "cross_stitch"}) {
      CAPTURE(name);
      const bool adapted = stub == Stub::adapters;  // their heads are the domains' own already
      check_gradients(
          stub, conditioned_spec(stub, task_options(name, 3), {{"name", adapted ? "dense" : "demix"}, {"experts", 3}}));
    }
}

TEST_CASE("[gradients] hashed experts, experts that choose, soft slots, and all that sparse_moe can do") {
  Json full = expert_options("sparse_moe", 2);
  full.update({{"shared", 2}, {"z_loss", 0.3}, {"noise", 0.5}, {"capacity", 0.8}});
  for (const Stub stub : kStubs)
    for (const Json& layer :
         {task_options("hash_moe", 3), task_options("expert_choice", 3), task_options("soft_slots", 3), full}) {
      CAPTURE(layer.dump());
      check_gradients(stub, network_spec(stub, backbone(stub, 8, 7), layer));
    }
}

TEST_CASE("[gradients] a tag's vector gets its gradient") {
  for (const Stub stub : kStubs) {
    NetworkSpec spec = network_spec(stub, backbone(stub, 8, 7));
    spec.tags = 3;
    check_gradients(stub, spec);
  }
}

TEST_CASE("[grouped_affine] each segment is its own addmm, forward and backward, empty segments included") {
  const std::vector<int64_t> counts = {4, 0, 7, 1, 0};
  const auto leaf = [](at::Tensor value) { return value.requires_grad_(true); };
  const auto rows = leaf(draw({12, 5}, 1)), weight = leaf(draw({5, 5, 3}, 2)), bias = leaf(draw({5, 3}, 3));
  const auto upstream = draw({12, 3}, 4);
  const auto grouped = grouped_affine(rows, weight, bias, counts);
  std::vector<at::Tensor> parts;
  int64_t begin = 0;
  for (int64_t segment = 0; segment < 5; ++segment) {
    const int64_t count = counts[static_cast<size_t>(segment)];
    parts.push_back(at::addmm(bias[segment], rows.narrow(0, begin, count), weight[segment]));
    begin += count;
  }
  const auto reference = at::cat(parts);
  CHECK(largest_difference(grouped, reference) < 1e-12);
  const std::vector<at::Tensor> leaves = {rows, weight, bias};
  const auto ours = torch::autograd::grad({(grouped * upstream).sum()}, leaves);
  const auto theirs = torch::autograd::grad({(reference * upstream).sum()}, leaves);
  for (size_t i = 0; i < leaves.size(); ++i) CHECK(largest_difference(ours[i], theirs[i]) < 1e-12);
}

TEST_CASE("[sparse_moe] shares of the load sum to one, so that indifferent gates lose exactly the balance weight") {
  for (const int64_t top_k : {1, 2, 3}) {
    Network network(network_spec(Stub::vector, backbone(Stub::vector), expert_options("sparse_moe", top_k)), 2);
    Pass pass{.training = true, .auxiliary = {}, .gates = {}, .choices = {}};
    network.forward(loaded(Stub::vector).data().inputs.narrow(0, 0, 14).view({2, 7, 8}), {}, pass);
    CHECK(pass.auxiliary.item<double>() == doctest::Approx(0.5 * 2 * 2));  // weight x layers x members
    for (const at::Tensor& chosen : pass.choices) CHECK(chosen.size(-1) == top_k);
    Pass inference;
    network.forward(loaded(Stub::vector).data().inputs.narrow(0, 0, 14).view({2, 7, 8}), {}, inference);
    CHECK_FALSE(inference.auxiliary.defined());
  }
}

TEST_CASE("[load_balance_loss] is one for an even load and the number of experts for a collapsed one") {
  const auto even = at::full({2, 6, 3}, 1.0 / 3), one = at::zeros({2, 6, 3});
  one.select(2, 1).fill_(1);
  CHECK(load_balance_loss(even, at::full({2, 3}, 1.0 / 3)).item<double>() == doctest::Approx(2));  // two members
  CHECK(load_balance_loss(one, one.mean(1)).item<double>() == doctest::Approx(6));
}
