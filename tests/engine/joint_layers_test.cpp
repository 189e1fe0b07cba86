// SPDX-License-Identifier: Apache-2.0
// Layers that are trained as one network, each against plain loops over its stored weights, in double precision.

#include "tests/engine/by_hand.h"

using namespace loom;
using namespace loom::engine_test;
using namespace loom::hand_worked;

namespace loom::joint_layers_test {
namespace {

constexpr size_t kCommon = 3;

// Outputs of one level of Tang et al. 2020 for every task and, last, for the shared path: each expert reads its own
// task's path, each gate its own path, and the shared gate weighs all.
std::vector<Row> level(const Weights& weights, const std::string& name, const std::vector<Row>& paths, bool last) {
  constexpr size_t kSpecific = 2, kShared = kCommon;
  std::vector<Row> all, common, next;
  for (size_t task = 0; task < kTasks; ++task)
    for (size_t i = 0; i < kSpecific; ++i)
      all.push_back(expert(paths[task], weights, name + "map", task * kSpecific + i));
  for (size_t i = 0; i < kShared; ++i) common.push_back(expert(paths[kTasks], weights, name + "shared.map", i));
  for (size_t task = 0; task < kTasks; ++task) {
    const Row gates = softmax(product(paths[task], weights[name + "gate.weight"], kSpecific + kShared, task));
    Row mixed;
    for (size_t i = 0; i < kSpecific; ++i) add(mixed, all[task * kSpecific + i], gates[i]);
    for (size_t i = 0; i < kShared; ++i) add(mixed, common[i], gates[kSpecific + i]);
    next.push_back(mixed);
  }
  if (last) return next;
  const Row gates = softmax(product(paths[kTasks], weights[name + "shared_gate.weight"], kTasks * kSpecific + kShared));
  Row mixed;
  for (size_t i = 0; i < all.size(); ++i) add(mixed, all[i], gates[i]);
  for (size_t i = 0; i < kShared; ++i) add(mixed, common[i], gates[all.size() + i]);
  next.push_back(mixed);
  return next;
}

}  // namespace
}  // namespace loom::joint_layers_test

using namespace loom::joint_layers_test;

TEST_CASE("[demix] a row goes through its domain's experts and its domain's head") {
  const Json layer = task_options("demix", 3);
  check_against(conditioned_spec(Stub::vector, layer, layer), [](const Weights& weights, const Row& x, size_t task) {
    const Row hidden = expert(expert(x, weights, "layer0.map", task), weights, "layer1.map", task);
    return affine(hidden, weights, "head", task);
  });
}

TEST_CASE("[mmoe] shared experts under the gate of the row's task, at every level") {
  check_against(conditioned_spec(Stub::vector, task_options("mmoe", kCommon)),
                [](const Weights& weights, Row x, size_t task) {
                  for (const std::string name : {"layer0.", "layer1."}) {
                    const Row gates = softmax(product(x, weights[name + "gate.weight"], kCommon, task));
                    Row mixed;
                    for (size_t e = 0; e < kCommon; ++e) add(mixed, expert(x, weights, name + "map", e), gates[e]);
                    x = mixed;
                  }
                  return affine(x, weights, "head");
                });
}

TEST_CASE("[cgc] one level, and levels whose shared path has a gate of its own over all experts") {
  for (const int64_t depth : {1, 2, 3}) {
    CAPTURE(depth);
    const NetworkSpec spec = with_depth(conditioned_spec(Stub::vector, task_options("cgc", kCommon)), depth);
    check_against(spec, [depth](const Weights& weights, const Row& x, size_t task) {
      std::vector<Row> paths(kTasks + 1, x);
      for (int64_t j = 0; j < depth; ++j)
        paths = level(weights, "layer" + std::to_string(j) + ".", paths, j + 1 == depth);
      return affine(paths[task], weights, "head");
    });
    const Network network(spec, 1);
    size_t shared_gates = 0;
    for (const auto& [name, array] : network.parameters().save(0)) shared_gates += name.ends_with("shared_gate.weight");
    CHECK(static_cast<int64_t>(shared_gates) == depth - 1);  // the last level has none
  }
}

TEST_CASE("[lora] a shared map and the task's change of low rank, which starts at nothing") {
  const NetworkSpec spec = conditioned_spec(Stub::vector, task_options("lora", 3));
  check_against(spec, [](const Weights& weights, Row x, size_t task) {
    for (const std::string name : {"layer0.map", "layer1.map"}) {
      Row sum = affine(x, weights, name);
      const Row low = product(x, weights[name + ".lora_a"], 2, task);
      add(sum, product(low, weights[name + ".lora_b"], sum.size(), task), 3.0 / 2);
      x = relu(sum);
    }
    return affine(x, weights, "head");
  });
  Network fresh(spec, 1), dense(network_spec(Stub::vector, backbone(Stub::vector, 8, 7)), 1);
  for (Network* each : {&fresh, &dense})
    each->parameters().initialise(std::array<uint64_t, 1>{1}, std::array<uint64_t, 1>{0});
  const auto inputs = loaded(Stub::vector).data().inputs.narrow(0, 0, kItems);
  Pass pass, plain;
  CHECK(logits_of(fresh, inputs, at::full({kItems}, 1), pass).equal(logits_of(dense, inputs, {}, plain)));
}

TEST_CASE("[cross_stitch] a path for each task, all mixed after every layer, nine tenths their own at the start") {
  const NetworkSpec spec = conditioned_spec(Stub::vector, task_options("cross_stitch", 3));
  check_against(spec, [](const Weights& weights, const Row& x, size_t task) {
    std::vector<Row> paths(kTasks, x);
    for (const std::string name : {"layer0.", "layer1."}) {
      std::vector<Row> said, next(kTasks);
      for (size_t s = 0; s < kTasks; ++s) said.push_back(expert(paths[s], weights, name + "map", s));
      const Row moved = weights[name + "stitch"];
      for (size_t t = 0; t < kTasks; ++t)
        for (size_t s = 0; s < kTasks; ++s) add(next[t], said[s], (s == t ? 0.9 : 0.05) + moved[t * kTasks + s]);
      paths = next;
    }
    return affine(paths[task], weights, "head");
  });
}

namespace loom::joint_layers_test {
namespace {

// The experts of every layer in another order, the columns of their gates likewise.
Arrays reordered(const Arrays& arrays, const std::vector<int64_t>& order, int64_t first, std::string_view experts) {
  Arrays result;
  for (const auto& [name, array] : arrays) {
    auto values = as_f32(array);
    auto tensor = at::from_blob(values.data(), array.shape, at::kFloat);
    auto index = at::arange(first + std::ssize(order), at::kLong);
    for (size_t i = 0; i < order.size(); ++i) index[first + static_cast<int64_t>(i)] = first + order[i];
    if (name.find("gate.weight") != std::string::npos)
      tensor = tensor.index_select(-1, index);
    else if (name.find("layer") == 0 && name.find(experts) != std::string::npos)
      tensor = tensor.index_select(0, index.narrow(0, first, std::ssize(order)) - first);
    tensor = tensor.contiguous();
    result[name] = make_f32(array.shape, tensor.data_ptr<float>());
  }
  return result;
}

}  // namespace
}  // namespace loom::joint_layers_test

TEST_CASE("[layers] the order of learned experts changes no answer") {
  struct Case {
    Json layer;
    int64_t first;  // column of a gate where they begin
    const char* experts;
  };
  Json sparse = {{"name", "sparse_moe"}, {"experts", 3}, {"top_k", 2}, {"balance", 0.0}};
  for (const auto& [layer, first, experts] :
       {Case{sparse, 0, ".map"}, Case{task_options("mmoe", 3), 0, ".map"},
        Case{task_options("expert_choice", 3), 0, ".map"}, Case{task_options("cgc", 3), 2, ".shared.map"},
        Case{{{"name", "soft_moe"}, {"experts", 3}}, 0, ".map"},
        Case{{{"name", "soft_slots"}, {"experts", 3}, {"slots", 1}}, 0, ".map"}}) {
    CAPTURE(layer.dump());
    // One level of cgc: a shared gate has its shared experts elsewhere.
    const NetworkSpec spec = with_depth(conditioned_spec(Stub::vector, layer), 1);
    const auto network = noisy_network(spec, 2, 0);
    Network other(spec, 1);
    other.parameters().load(0, reordered(network->parameters().save(0), {2, 0, 1}, first, experts), "reordered");
    CHECK_FALSE(same_bits(*network, 0, other, 0));
    const auto inputs = loaded(Stub::vector).data().inputs.narrow(0, 0, kItems);
    const auto tags = loaded(Stub::vector).data().domains.narrow(0, 0, kItems);
    Pass pass, theirs;
    CHECK(largest_difference(logits_of(*network, inputs, tags, pass), logits_of(other, inputs, tags, theirs)) < 1e-5);
  }
}

TEST_CASE("[cgc] the order of each task's own experts changes no answer; that of two tasks' experts does") {
  const NetworkSpec spec = with_depth(conditioned_spec(Stub::vector, task_options("cgc", 3)), 1);
  const auto network = noisy_network(spec, 2, 0);
  const auto inputs = loaded(Stub::vector).data().inputs.narrow(0, 0, kItems);
  const auto tags = loaded(Stub::vector).data().domains.narrow(0, 0, kItems);
  // Experts in that order, [tasks x 2, in, out], and the columns of every task's gate in that, [tasks, in, 2 + 3].
  const auto moved = [&](const std::vector<int64_t>& experts, const std::vector<int64_t>& columns) {
    Network other(spec, 1);
    Arrays arrays = network->parameters().save(0);
    for (const char* name : {"layer0.map.weight", "layer0.map.bias", "layer0.gate.weight"}) {
      const Array& array = arrays.at(name);
      const bool gate = name == std::string_view("layer0.gate.weight");
      auto values = as_f32(array);
      const auto index = at::tensor(gate ? columns : experts, at::kLong);
      const auto tensor =
          at::from_blob(values.data(), array.shape, at::kFloat).index_select(gate ? -1 : 0, index).contiguous();
      arrays[name] = make_f32(array.shape, tensor.data_ptr<float>());
    }
    other.parameters().load(0, arrays, "reordered");
    Pass pass, theirs;
    return largest_difference(logits_of(*network, inputs, tags, pass), logits_of(other, inputs, tags, theirs));
  };
  CHECK(moved({1, 0, 3, 2, 5, 4}, {1, 0, 2, 3, 4}) < 1e-5);
  CHECK(moved({1, 0, 3, 2, 5, 4}, {0, 1, 2, 3, 4}) > 1e-3);
  CHECK(moved({2, 3, 0, 1, 4, 5}, {0, 1, 2, 3, 4}) > 1e-3);
}

TEST_CASE("[layers] on tokens what a layer reads of the domain or the byte before keeps the future out") {
  const LoadedSuite& suite = loaded(Stub::tokens);
  const auto inputs = suite.data().inputs.narrow(0, 0, 6), tags = suite.data().domains.narrow(0, 0, 6);
  for (const char* name : {"demix", "mmoe", "cgc", "lora", "cross_stitch", "hash_moe"}) {
    CAPTURE(name);
    const Json own_head = {{"name", "demix"}, {"experts", 3}};
    const auto network = noisy_network(conditioned_spec(Stub::tokens, task_options(name, 3), own_head), 2, 0);
    Pass pass;
    const auto base = logits_of(*network, inputs, tags, pass);
    for (const int64_t t : {0, 7, 30}) {
      auto changed = inputs.clone();
      changed.select(1, t).copy_((changed.select(1, t) - 'a' + 1).remainder(6) + 'a');
      Pass again;
      const auto said = logits_of(*network, changed, tags, again);
      CHECK(largest_difference(said.narrow(1, 0, t + 1), base.narrow(1, 0, t + 1)) < 1e-5);
      CHECK(largest_difference(said.narrow(1, t + 1, 31 - t), base.narrow(1, t + 1, 31 - t)) > 1e-3);
    }
    Pass other_tags;
    CHECK(largest_difference(logits_of(*network, inputs, (tags + 1).remainder(3), other_tags), base) > 1e-3);
  }
}
