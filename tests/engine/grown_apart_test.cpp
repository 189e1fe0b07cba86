// SPDX-License-Identifier: Apache-2.0
#include "harness/stitch.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

// Experts of one network that were trained apart: anchored, routed_deltas.
namespace loom::grown_apart_test {
namespace {

constexpr uint64_t kOwnersSeed = 5;

Json one_slot_arm(const std::string& architecture) {
  Json component = variants("architecture", architecture, Stub::vector).at(0);
  component["backbone"] = one_hidden_layer(Stub::vector);
  component["partition"] = {{"name", "domain"}};
  return component;
}

// Every run of the recipe, deployed or not.
std::vector<std::shared_ptr<Network>> all_runs(const LoadedSuite& suite, Recipe recipe) {
  for (TrainSpec& spec : recipe.specs) spec.deployed = true;
  return trained_members(suite, recipe, quick_training(), kOwnersSeed);
}

at::Tensor parameter(const Network& network, const std::string& name) {
  for (size_t i = 0; i < network.parameters().size(); ++i)
    if (network.parameters().name(i) == name) return network.parameters()[i][0];
  FAIL("no parameter " << name);
  return {};
}

std::string slot_weight(const Network& network) {
  for (size_t i = 0; i < network.parameters().size(); ++i)
    if (network.parameters()[i].dim() == 4) return network.parameters().name(i);
  return "";
}

TEST_CASE("[anchored] an owner trains his expert and his column of the gate, and nothing else") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Recipe recipe = make_recipe(suite, one_slot_arm("anchored"), 480, quick_training(), kOwnersSeed);
  const auto runs = all_runs(suite, recipe);
  REQUIRE(runs.size() == 4);
  const Network& seed = *runs[0];
  for (size_t owner = 1; owner < 4; ++owner) {
    const Network& own = *runs[owner];
    for (size_t i = 0; i < own.parameters().size(); ++i) {
      const std::string& name = own.parameters().name(i);
      const at::Tensor value = own.parameters()[i][0], first = parameter(*runs[1], name);
      CAPTURE(name);
      if (name.ends_with("gate.weight")) {
        CHECK(value.select(-1, 0).equal(first.select(-1, 0)));
        if (owner > 1) CHECK_FALSE(value.select(-1, 1).equal(first.select(-1, 1)));
      } else if (value.sizes() == parameter(seed, name).sizes()) {
        CHECK(value.equal(parameter(seed, name)));
      } else {
        CHECK(value[0].equal(parameter(seed, name)));
        CHECK_FALSE(value[1].equal(parameter(seed, name)));
      }
    }
  }
}

TEST_CASE("[anchored] where all opt out the public network is left, and else the experts that stay, by hand") {
  const LoadedSuite& suite = loaded(Stub::vector);
  Json component = one_slot_arm("anchored");
  const auto runs = all_runs(suite, make_recipe(suite, component, 480, quick_training(), kOwnersSeed));
  const std::vector<std::shared_ptr<Network>> owners(runs.begin() + 1, runs.end());
  const Batch batch = batch_of(suite, 9);
  component["without"] = "0 1 2";
  const auto all_out = assemble(suite, component, owners, kOwnersSeed);
  CHECK(largest_difference(say(*all_out, batch), say(NetworkModel(runs[0]), batch)) < 1e-6);
  component["without"] = "1";
  const auto model = assemble(suite, component, owners, kOwnersSeed);
  const std::string weight = slot_weight(*owners[0]), slot = weight.substr(0, weight.size() - 6);
  const std::string gate = [&] {
    for (size_t i = 0; i < owners[0]->parameters().size(); ++i)
      if (owners[0]->parameters().name(i).ends_with("gate.weight")) return owners[0]->parameters().name(i);
    return std::string();
  }();
  c10::InferenceMode inference;
  std::vector<at::Tensor> logits = {at::mv(batch.inputs, parameter(*owners[0], gate).select(-1, 0))}, hidden;
  const auto expert = [&](const Network& network, int64_t side) {
    return at::relu(at::matmul(batch.inputs, parameter(network, weight)[side]) +
                    parameter(network, slot + "bias")[side]);
  };
  hidden.push_back(expert(*owners[0], 0));
  for (const size_t owner : {0, 2}) {
    logits.push_back(at::mv(batch.inputs, parameter(*owners[owner], gate).select(-1, 1)));
    hidden.push_back(expert(*owners[owner], 1));
  }
  const auto shares = at::softmax(at::stack(logits, -1), -1);
  auto mixed = at::zeros_like(hidden[0]);
  for (size_t e = 0; e < 3; ++e) mixed += hidden[e] * shares.select(-1, static_cast<int64_t>(e)).unsqueeze(-1);
  const auto wanted =
      at::log_softmax(at::matmul(mixed, parameter(*runs[0], "head.weight")) + parameter(*runs[0], "head.bias"), -1);
  CHECK(largest_difference(say(*model, batch), wanted) < 1e-5);
}

TEST_CASE("[anchored] parts that there are not cannot opt out") {
  Json component = one_slot_arm("anchored");
  const TaskShape& shape = loaded(Stub::vector).shape();
  component["without"] = "3";
  CHECK(rejection(component, shape).value() == "without names part 3 of 3");
  component["without"] = "one";
  CHECK(rejection(component, shape).value() == "without takes numbers of parts, such as \"0 2\"");
}

TEST_CASE("[routed_deltas] equal gates are the mean of the specialists' weights; of one part it is that specialist") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Recipe recipe = make_recipe(suite, one_slot_arm("routed_deltas"), 480, quick_training(), kOwnersSeed);
  const auto runs = all_runs(suite, recipe);
  REQUIRE(runs.size() == 5);
  auto merged = runs.back();
  std::vector<Arrays> specialists;
  for (size_t owner = 1; owner < 4; ++owner) specialists.push_back(runs[owner]->parameters().save(0));
  auto soup = std::make_shared<Network>(runs[1]->spec(), 1);
  soup->parameters().load(0, mean_of(specialists), "the soup");
  for (size_t i = 0; i < merged->parameters().size(); ++i) {  // training touched the gate alone
    const std::string& name = merged->parameters().name(i);
    if (!name.ends_with("gate.weight") && merged->parameters()[i].dim() == soup->parameters()[0].dim())
      CHECK(parameter(*merged, name).equal(parameter(*soup, name)));
  }
  Arrays weights = merged->parameters().save(0);
  for (auto& [name, array] : weights)
    if (name.ends_with("gate.weight")) std::ranges::fill(array.bytes, '\0');
  auto equal = std::make_shared<Network>(merged->spec(), 1);
  equal->parameters().load(0, weights, "equal gates");
  const Batch batch = batch_of(suite, 9);
  CHECK(largest_difference(say(NetworkModel(equal), batch), say(NetworkModel(soup), batch)) < 1e-5);

  const LoadedSuite lone(make_suite(Stub::vector, 1), at::kCPU);
  const auto one = all_runs(lone, make_recipe(lone, one_slot_arm("routed_deltas"), 480, quick_training(), kOwnersSeed));
  REQUIRE(one.size() == 3);
  CHECK(largest_difference(say(NetworkModel(one[2]), batch_of(lone, 9)), say(NetworkModel(one[1]), batch_of(lone, 9))) <
        1e-6);
}

}  // namespace
}  // namespace loom::grown_apart_test
