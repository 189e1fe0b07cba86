// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "tests/engine/by_hand.h"
#include "tests/engine/grown_apart.h"

using namespace loom;
using namespace loom::grown_apart;
using namespace loom::hand_worked;

namespace loom::routed_deltas_test {
namespace {

// A run for the seed, three specialists, and the network that is deployed.
struct Trained {
  std::vector<std::shared_ptr<Network>> runs;
  const Network& seed() const { return *runs.front(); }
  const Network& merged() const { return *runs.back(); }
};
Trained trained(const LoadedSuite& suite, const Json& component) {
  return {all_runs(suite, make_recipe(suite, component, 480, quick_training(), kOwnersSeed))};
}

// The network with gates that give these coefficients to every row, less the scaling that they start from.
std::shared_ptr<Network> with_coefficients(const Network& network, const std::vector<double>& coefficients) {
  const double scaling = network.spec().layer.at("scaling");
  Arrays weights = network.parameters().save(0);
  for (auto& [name, array] : weights) {
    if (name.find("gate.") == name.npos) continue;
    std::vector<float> values(static_cast<size_t>(array.count()));
    if (name.ends_with("bias"))
      for (size_t e = 0; e < coefficients.size(); ++e) values[e] = static_cast<float>(coefficients[e] - scaling);
    array = make_f32(array.shape, values.data());
  }
  auto other = std::make_shared<Network>(network.spec(), 1);
  other->parameters().load(0, weights, "coefficients");
  return other;
}

// seed + scaling * (all that the specialists differ from it), in `slots`, elsewhere, or both; what is not merged is
// `own`'s.
std::shared_ptr<Network> arithmetic(const Trained& from, double scaling, const Network* own) {
  const Arrays seed = from.seed().parameters().save(0);
  Arrays weights = seed;
  for (auto& [name, array] : weights) {
    if (own != nullptr && name.starts_with("layer")) {
      array = own->parameters().save(0).at(name);
      continue;
    }
    std::vector<double> sum(static_cast<size_t>(array.count()));
    for (size_t run = 1; run + 1 < from.runs.size(); ++run)
      for (size_t i = 0; const float value : as_f32(from.runs[run]->parameters().save(0).at(name)))
        sum[i++] += static_cast<double>(value);
    std::vector<float> values = as_f32(array);
    const auto parts = static_cast<double>(from.runs.size() - 2);
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>((1 - scaling * parts) * static_cast<double>(values[i]) + scaling * sum[i]);
    array = make_f32(array.shape, values.data());
  }
  auto network = std::make_shared<Network>(from.seed().spec(), 1);
  network->parameters().load(0, weights, "merged by hand");
  return network;
}

double apart(const std::shared_ptr<Network>& a, const std::shared_ptr<Network>& b, const LoadedSuite& suite) {
  const Batch batch = batch_of(suite, 9);
  return largest_difference(say(NetworkModel(a), batch), say(NetworkModel(b), batch));
}

Json deltas(Stub stub) {
  Json component = variants("architecture", "routed_deltas", stub).at(0);
  component["partition"] = {{"name", "domain"}};
  return component;
}

TEST_CASE("[routed_deltas] each row's maps are merged as its gate says, by hand") {
  constexpr size_t kVectors = 3;
  constexpr double kScaling = 0.3;
  const Json layer = {{"name", "task_vectors"}, {"experts", 1 + kVectors}, {"scaling", kScaling}};
  const auto merged = [&](const Weights& weights, const Row& x, const std::string& slot) {
    const Row gate = weights[slot + "gate.weight"], bias = weights[slot + "gate.bias"];
    Row weight = weights[slot + "map.weight"], shift = weights[slot + "map.bias"];
    const size_t in = x.size(), out = shift.size() / (1 + kVectors);
    Row hidden(out);
    for (size_t o = 0; o < out; ++o)
      for (size_t i = 0; i <= in; ++i) {  // the last is the bias
        const auto entry = [&](size_t e) { return i < in ? weight[(e * in + i) * out + o] : shift[e * out + o]; };
        double value = entry(0);
        for (size_t e = 0; e < kVectors; ++e) {
          double coefficient = kScaling + bias[e];
          for (size_t j = 0; j < in; ++j) coefficient += x[j] * gate[j * kVectors + e];
          value += coefficient * (entry(1 + e) - entry(0));
        }
        hidden[o] += value * (i < in ? x[i] : 1);
      }
    return relu(hidden);
  };
  check_against(network_spec(Stub::vector, backbone(Stub::vector), layer),
                [&](const Weights& weights, const Row& x, size_t) {
                  return affine(merged(weights, merged(weights, x, "layer0."), "layer1."), weights, "head");
                });
}

TEST_CASE(
    "[routed_deltas] no coefficient is the seed's slots, one alone a member's, equal ones the arithmetic of all") {
  for (const Stub stub : {Stub::vector, Stub::tokens, Stub::bags}) {
    const LoadedSuite& suite = loaded(stub);
    const Trained all = trained(suite, deltas(stub));
    REQUIRE(all.runs.size() == 5);
    CHECK(apart(with_coefficients(all.merged(), {0.4, 0.4, 0.4}), with_coefficients(all.merged(), {0, 0, 0}), suite) >
          1e-4);
    if (stub != Stub::vector) continue;
    const double third = 1.0 / 3;
    CHECK(apart(with_coefficients(all.merged(), {0, 0, 0}), arithmetic(all, third, &all.seed()), suite) < 1e-5);
    for (size_t member = 0; member < 3; ++member) {
      std::vector<double> one(3);
      one[member] = 1;
      CHECK(apart(with_coefficients(all.merged(), one), arithmetic(all, third, all.runs[1 + member].get()), suite) <
            1e-5);
    }
    CHECK(apart(with_coefficients(all.merged(), {third, third, third}), arithmetic(all, third, nullptr), suite) < 1e-5);
  }
}

TEST_CASE("[routed_deltas] a scaling is that of task arithmetic outside the slots too") {
  const LoadedSuite& suite = loaded(Stub::vector);
  Json component = deltas(Stub::vector);
  component["scaling"] = 0.8;
  const Trained all = trained(suite, component);
  CHECK(apart(with_coefficients(all.merged(), {0.8, 0.8, 0.8}), arithmetic(all, 0.8, nullptr), suite) < 1e-5);
}

TEST_CASE("[routed_deltas] of one part, added whole, it is that specialist") {
  const LoadedSuite lone(make_suite(Stub::vector, 1), at::kCPU);
  const Trained all = trained(lone, deltas(Stub::vector));
  REQUIRE(all.runs.size() == 3);
  CHECK(apart(with_coefficients(all.merged(), {1}), all.runs[1], lone) < 1e-6);
}

TEST_CASE("[routed_deltas] its gates alone are trained, on the router split, within the budget") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Recipe recipe = make_recipe(suite, deltas(Stub::vector), 480, quick_training(), kOwnersSeed);
  const std::vector<int64_t>& router = suite.indices(Split::router, kOwnersSeed);
  const std::set<int64_t> held_out(router.begin(), router.end());
  for (const int64_t item : member_data(recipe.specs.back(), suite, quick_training(), kOwnersSeed).order)
    CHECK(held_out.contains(item));
  const Trained all{all_runs(suite, recipe)};
  bool moved = false;
  for (const auto& [name, array] : all.merged().parameters().save(0)) {
    CAPTURE(name);
    if (name.find("gate.") != name.npos) {
      for (const float value : as_f32(array)) moved = moved || value != 0;
      continue;
    }
    if (!name.starts_with("layer")) continue;
    std::string side_by_side;
    for (size_t run = 0; run < 4; ++run) side_by_side += all.runs[run]->parameters().save(0).at(name).bytes;
    CHECK(array.bytes == side_by_side);
  }
  CHECK(moved);
  int64_t samples = 0;
  for (const Charge& charge : recipe.charges) samples += charge.samples;
  CHECK(std::abs(samples - 480) <= 5 * quick_training().batch);
  CHECK(recipe.charges.back().stage == "router");
}

TEST_CASE("[routed_deltas] shares that leave the specialists nothing are turned down") {
  Json component = deltas(Stub::vector);
  component["seed_share"] = 0.9;
  CHECK(rejection(component, loaded(Stub::vector).shape()).value() ==
        "seed_share and router_share leave nothing for the specialists");
}

}  // namespace
}  // namespace loom::routed_deltas_test
