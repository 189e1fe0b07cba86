// SPDX-License-Identifier: Apache-2.0
// Layers that run some experts of a row, against plain loops or against what they must leave alone.
#include <map>
#include <numeric>

#include "tests/engine/by_hand.h"

using namespace loom;
using namespace loom::engine_test;
using namespace loom::hand_worked;

TEST_CASE("[expert_choice] each expert takes the rows of highest gate, and a row's experts add up") {
  const NetworkSpec spec =
      with_depth(network_spec(Stub::vector, backbone(Stub::vector, 8, 7), task_options("expert_choice", 3)), 1);
  const auto network = noisy_network(spec, 2, 0);
  const Weights weights{network->parameters().save(0)};
  const LoadedSuite& suite = loaded(Stub::vector);
  std::vector<Row> rows, gates, hidden(kItems, Row(7));
  for (int64_t item = 0; item < kItems; ++item) {
    const auto first = suite.suite().train_side().values.begin() + item * 8;
    rows.emplace_back(first, first + 8);
    gates.push_back(softmax(product(rows.back(), weights["layer0.gate.weight"], 3)));
  }
  for (size_t e = 0; e < 3; ++e) {
    std::vector<size_t> order(kItems);
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::sort(order, [&](size_t a, size_t b) { return gates[a][e] > gates[b][e]; });
    for (size_t i = 0; i < 6; ++i)  // 9 rows x 2 / 3 experts
      add(hidden[order[i]], expert(rows[order[i]], weights, "layer0.map", e), gates[order[i]][e]);
  }
  Pass pass;
  const auto logits = logits_of(*network, suite.data().inputs.narrow(0, 0, kItems), {}, pass);
  for (int64_t item = 0; item < kItems; ++item) {
    const Row expected = affine(hidden[static_cast<size_t>(item)], weights, "head");
    for (size_t o = 0; o < expected.size(); ++o)
      CHECK(logits[item][static_cast<int64_t>(o)].item<float>() == doctest::Approx(expected[o]).epsilon(1e-5));
  }
}

TEST_CASE("[soft_slots] slots are means of all rows, rows are means of what the slots' experts say") {
  constexpr size_t kSlots = 6;  // of 3 experts, 2 each
  const NetworkSpec spec =
      with_depth(network_spec(Stub::vector, backbone(Stub::vector, 8, 7), task_options("soft_slots", 3)), 1);
  const auto network = noisy_network(spec, 2, 0);
  const Weights weights{network->parameters().save(0)};
  const LoadedSuite& suite = loaded(Stub::vector);
  std::vector<Row> rows, logits;
  for (int64_t item = 0; item < kItems; ++item) {
    const auto first = suite.suite().train_side().values.begin() + item * 8;
    rows.emplace_back(first, first + 8);
    logits.push_back(product(rows.back(), weights["layer0.gate.weight"], kSlots));
  }
  std::vector<Row> said;
  for (size_t slot = 0; slot < kSlots; ++slot) {
    Row column, mean;
    for (const Row& row : logits) column.push_back(row[slot]);
    const Row dispatch = softmax(column);
    for (size_t item = 0; item < rows.size(); ++item) add(mean, rows[item], dispatch[item]);
    said.push_back(expert(mean, weights, "layer0.map", slot / 2));
  }
  Pass pass;
  const auto answers = logits_of(*network, suite.data().inputs.narrow(0, 0, kItems), {}, pass);
  for (size_t item = 0; item < rows.size(); ++item) {
    const Row combine = softmax(logits[item]);
    Row mixed;
    for (size_t slot = 0; slot < kSlots; ++slot) add(mixed, said[slot], combine[slot]);
    const Row expected = affine(mixed, weights, "head");
    for (size_t o = 0; o < expected.size(); ++o)
      CHECK(answers[static_cast<int64_t>(item)][static_cast<int64_t>(o)].item<float>() ==
            doctest::Approx(expected[o]).epsilon(1e-5));
    for (size_t e = 0; e < 3; ++e)  // of an expert, what its slots give the row
      CHECK(pass.gates.at(0)[0][static_cast<int64_t>(item)][static_cast<int64_t>(e)].item<float>() ==
            doctest::Approx(combine[2 * e] + combine[2 * e + 1]).epsilon(1e-5));
  }
}

TEST_CASE(
    "[soft_slots] one slot is the dense layer of a mean: of the row where it is alone, of all where Phi is zero") {
  const NetworkSpec spec = with_depth(
      network_spec(Stub::vector, backbone(Stub::vector, 8, 7), {{"name", "soft_slots"}, {"experts", 1}, {"slots", 1}}),
      1);
  const auto network = noisy_network(spec, 2, 0);
  Arrays arrays = network->parameters().save(0);
  Array& phi = arrays.at("layer0.gate.weight");
  const std::vector<float> zeros(static_cast<size_t>(phi.count()));
  phi = make_f32(phi.shape, zeros.data());
  Network even(spec, 1), dense(with_depth(network_spec(Stub::vector, backbone(Stub::vector, 8, 7)), 1), 1);
  even.parameters().load(0, arrays, "no dispatch");
  Arrays plain = dense.parameters().save(0);
  for (auto& [name, array] : plain) array = make_f32(array.shape, as_f32(arrays.at(name)).data());
  dense.parameters().load(0, plain, "the same maps");
  const auto inputs = loaded(Stub::vector).data().inputs.narrow(0, 0, kItems);
  Pass pass;
  const auto of_mean = logits_of(dense, inputs.mean(0, /*keepdim=*/true), {}, pass);
  CHECK(largest_difference(logits_of(even, inputs, {}, pass), of_mean.expand({kItems, -1})) < 1e-5);
  for (int64_t item = 0; item < kItems; ++item) {
    const auto alone = inputs.narrow(0, item, 1);
    CHECK(largest_difference(logits_of(*network, alone, {}, pass), logits_of(dense, alone, {}, pass)) < 1e-5);
  }
}

TEST_CASE("[hash_moe] the expert depends on the item or the byte before alone, and each gets its share") {
  const Json layer = task_options("hash_moe", 3);
  for (const Stub stub : {Stub::vector, Stub::bags, Stub::tokens}) {
    const LoadedSuite& suite = loaded(stub);
    const auto network = noisy_network(network_spec(stub, backbone(stub, 8, 7), layer), 2, 0);
    const auto inputs = suite.data().inputs;
    Pass pass, reversed;
    logits_of(*network, inputs, {}, pass);
    logits_of(*network, inputs.flip(0), {}, reversed);
    REQUIRE(pass.choices.size() == 2);
    CHECK(pass.choices[0].equal(pass.choices[1]));  // one hash for all layers
    const auto choices = pass.choices[0].view({inputs.size(0), -1});
    CHECK(reversed.choices[0].view({inputs.size(0), -1}).equal(choices.flip(0)));
    for (int64_t e = 0; e < 3; ++e) CHECK(choices.eq(e).sum().item<int64_t>() > choices.numel() / 12);
    if (stub != Stub::tokens) continue;
    std::map<int64_t, int64_t> expert_of;  // by the byte before
    for (int64_t row = 0; row < inputs.size(0); ++row)
      for (int64_t t = 0; t < inputs.size(1); ++t) {
        const int64_t before = t == 0 ? 256 : inputs[row][t - 1].item<int64_t>();
        CHECK(expert_of.emplace(before, choices[row][t].item<int64_t>()).first->second ==
              choices[row][t].item<int64_t>());
      }
    CHECK(expert_of.size() > 3);
  }
}

TEST_CASE("[sparse_moe] in training an expert's choices beyond its capacity give zero, the earlier rows first") {
  const auto spec = [](const Json& more) {
    Json layer = {{"name", "sparse_moe"}, {"experts", 3}, {"top_k", 1}, {"balance", 0.0}};
    layer.update(more);
    return with_depth(network_spec(Stub::vector, backbone(Stub::vector, 8, 7), layer), 1);
  };
  const auto bounded = noisy_network(spec({{"capacity", 0.5}}), 2, 0), free = noisy_network(spec(Json::object()), 2, 0);
  CHECK(same_bits(*bounded, 0, *free, 0));
  const auto inputs = loaded(Stub::vector).data().inputs.narrow(0, 0, 12);
  Pass training{.training = true}, plain{.training = true}, answering, answering_free;
  const auto dropped = logits_of(*bounded, inputs, {}, training), whole = logits_of(*free, inputs, {}, plain);
  const auto bias = bounded->parameters().save(0).at("head.bias");
  const std::vector<float> of_zero = as_f32(bias);  // what the head says of a hidden layer of zeros
  std::map<int64_t, int64_t> taken;
  int64_t drops = 0;
  for (int64_t row = 0; row < 12; ++row) {
    const bool kept = taken[training.choices[0][0][row][0].item<int64_t>()]++ < 2;  // 12 x 0.5 / 3
    drops += kept ? 0 : 1;
    if (kept) CHECK(dropped[row].equal(whole[row]));
    for (size_t o = 0; !kept && o < of_zero.size(); ++o)
      CHECK(dropped[row][static_cast<int64_t>(o)].item<float>() == doctest::Approx(of_zero[o]));
  }
  CHECK(drops >= 6);
  CHECK(logits_of(*bounded, inputs, {}, answering).equal(logits_of(*free, inputs, {}, answering_free)));
}

TEST_CASE("[sparse_moe] shared experts are added ungated, and noise moves training alone, anew at each step") {
  Json layer = {{"name", "sparse_moe"}, {"experts", 3}, {"top_k", 1}, {"balance", 0.0}, {"shared", 2}, {"noise", 2.0}};
  const NetworkSpec spec = with_depth(network_spec(Stub::vector, backbone(Stub::vector, 8, 7), layer), 1);
  check_against(spec, [](const Weights& weights, const Row& x, size_t) {
    const Row gates = softmax(product(x, weights["layer0.gate.weight"], 3));
    const auto best = static_cast<size_t>(std::ranges::max_element(gates) - gates.begin());
    Row sum;
    add(sum, expert(x, weights, "layer0.map", best), gates[best]);
    for (size_t i = 0; i < 2; ++i) add(sum, expert(x, weights, "layer0.shared.map", i), 1);
    return affine(sum, weights, "head");
  });
  const auto network = noisy_network(spec, 2, 0), other = noisy_network(spec, 3, 0);
  const auto inputs = loaded(Stub::vector).data().inputs.narrow(0, 0, 40);
  const auto gates_at = [&](const Network& one, bool training, int64_t step) {
    Pass pass{.training = training, .step = step};
    logits_of(one, inputs, {}, pass);
    return pass.gates[0];
  };
  CHECK(gates_at(*network, true, 4).equal(gates_at(*network, true, 4)));
  CHECK_FALSE(gates_at(*network, true, 4).equal(gates_at(*network, true, 5)));
  CHECK(gates_at(*network, false, 4).equal(gates_at(*network, false, 5)));
  const auto shift = gates_at(*network, true, 4).log() - gates_at(*network, false, 4).log();
  const auto noise = shift - shift.mean(-1, /*keepdim=*/true);  // a softmax forgets a row's mean
  CHECK(noise.square().sum().item<double>() / (40 * 2) == doctest::Approx(4).epsilon(0.35));
  const auto theirs = gates_at(*other, true, 4).log() - gates_at(*other, false, 4).log();
  CHECK(largest_difference(theirs - theirs.mean(-1, true), noise) > 0.5);  // another seed, other noise
}

TEST_CASE("[sparse_moe] the z-loss is its weight times the mean square of the log-partition, summed over the stack") {
  const Json layer = {{"name", "sparse_moe"}, {"experts", 3}, {"top_k", 1}, {"balance", 0.0}, {"z_loss", 0.5}};
  const NetworkSpec spec = with_depth(network_spec(Stub::vector, backbone(Stub::vector, 8, 7), layer), 1);
  Network network(spec, 2);  // gates of zeros: each log-partition is log 3
  Pass pass{.training = true};
  network.forward(loaded(Stub::vector).data().inputs.narrow(0, 0, 14).view({2, 7, 8}), {}, pass);
  CHECK(pass.auxiliary.item<double>() == doctest::Approx(0.5 * 2 * std::log(3.0) * std::log(3.0)));
}
