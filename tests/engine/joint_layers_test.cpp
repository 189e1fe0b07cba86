// SPDX-License-Identifier: Apache-2.0
// Layers that are trained as one network, each against plain loops over its stored weights, in double precision.
#include <map>
#include <numeric>

#include "tests/engine/by_hand.h"

using namespace loom;
using namespace loom::engine_test;
using namespace loom::by_hand;

namespace loom::joint_layers_test {
namespace {

constexpr size_t kTasks = 3, kExperts = 3;
constexpr int64_t kItems = 9;

Row softmax(const Row& logits) {
  double sum = 0;
  for (const double value : logits) sum += std::exp(value);
  Row result;
  for (const double value : logits) result.push_back(std::exp(value) / sum);
  return result;
}

// x [in] times slice `part` of a tensor [parts, in, out]; no bias.
Row product(const Row& x, const Row& weight, size_t out, size_t part = 0) {
  Row result(out);
  for (size_t i = 0; i < x.size(); ++i)
    for (size_t o = 0; o < out; ++o) result[o] += x[i] * weight[(part * x.size() + i) * out + o];
  return result;
}

void add(Row& into, const Row& values, double weight) {
  if (into.empty()) into.resize(values.size());
  for (size_t i = 0; i < values.size(); ++i) into[i] += weight * values[i];
}

Row expert(const Row& x, const Weights& weights, const std::string& name, size_t index) {
  return relu(affine(x, weights, name, index));
}

at::Tensor logits_of(const Network& network, const at::Tensor& inputs, const at::Tensor& tags, Pass& pass) {
  c10::InferenceMode inference;
  return network.forward(inputs.unsqueeze(0), tags.defined() ? tags.unsqueeze(0) : tags, pass).squeeze(0);
}

// Each of the first items of the vector stub, told its own domain and the two others, against `by_hand(x, task)`.
template <class ByHand>
void check_against(const NetworkSpec& spec, ByHand&& by_hand) {
  const LoadedSuite& suite = loaded(Stub::vector);
  const auto network = noisy_network(spec, 2, 0);
  const Weights weights{network->parameters().save(0)};
  const auto inputs = suite.data().inputs.narrow(0, 0, kItems);
  for (size_t shift = 0; shift < kTasks; ++shift) {
    const auto tags = (suite.data().domains.narrow(0, 0, kItems) + static_cast<int64_t>(shift)).remainder(3);
    Pass pass;
    const auto logits = logits_of(*network, inputs, spec.tags > 0 ? tags : at::Tensor(), pass);
    for (int64_t item = 0; item < kItems; ++item) {
      const auto first = suite.suite().train_side().values.begin() + item * 8;
      const Row expected = by_hand(weights, Row(first, first + 8), static_cast<size_t>(tags[item].item<int64_t>()));
      REQUIRE(std::ssize(expected) == logits.size(1));
      for (size_t o = 0; o < expected.size(); ++o)
        CHECK(logits[item][static_cast<int64_t>(o)].item<float>() == doctest::Approx(expected[o]).epsilon(1e-5));
    }
  }
}

NetworkSpec with_depth(NetworkSpec spec, int64_t depth) {
  spec.backbone["depth"] = depth;
  return spec;
}

// Outputs of one level of Tang et al. 2020 for every task and, last, for the shared path: each expert reads its own
// task's path, each gate its own path, and the shared gate weighs all.
std::vector<Row> level(const Weights& weights, const std::string& name, const std::vector<Row>& paths, bool last) {
  constexpr size_t kSpecific = 2, kShared = kExperts;
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
  check_against(conditioned_spec(Stub::vector, task_options("mmoe", kExperts)),
                [](const Weights& weights, Row x, size_t task) {
                  for (const std::string name : {"layer0.", "layer1."}) {
                    const Row gates = softmax(product(x, weights[name + "gate.weight"], kExperts, task));
                    Row mixed;
                    for (size_t e = 0; e < kExperts; ++e) add(mixed, expert(x, weights, name + "map", e), gates[e]);
                    x = mixed;
                  }
                  return affine(x, weights, "head");
                });
}

TEST_CASE("[cgc] one level, and levels whose shared path has a gate of its own over all experts") {
  for (const int64_t depth : {1, 2, 3}) {
    CAPTURE(depth);
    const NetworkSpec spec = with_depth(conditioned_spec(Stub::vector, task_options("cgc", kExperts)), depth);
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
        Case{task_options("expert_choice", 3), 0, ".map"}, Case{task_options("cgc", 3), 2, ".shared.map"}}) {
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
