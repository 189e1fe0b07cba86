// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <numeric>

#include "tests/engine/grown_apart.h"

using namespace loom;
using namespace loom::grown_apart;

namespace loom::anchored_test {
namespace {

std::string slot_weight(const Network& network) {
  for (size_t i = 0; i < network.parameters().size(); ++i)
    if (network.parameters()[i].dim() == 4) return network.parameters().name(i);
  return "";
}

std::string gate_name(const Network& network) {
  for (size_t i = 0; i < network.parameters().size(); ++i)
    if (network.parameters().name(i).ends_with("gate.weight")) return network.parameters().name(i);
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
  component["top_k"] = 0;
  const auto runs = all_runs(suite, make_recipe(suite, component, 480, quick_training(), kOwnersSeed));
  const std::vector<std::shared_ptr<Network>> owners(runs.begin() + 1, runs.end());
  const Batch batch = batch_of(suite, 9);
  component["without"] = "0 1 2";
  const auto all_out = assemble(suite, component, owners, kOwnersSeed);
  CHECK(largest_difference(say(*all_out, batch), say(NetworkModel(runs[0]), batch)) < 1e-6);
  component["without"] = "1";
  component["gate"] = "trained";
  const auto model = assemble(suite, component, owners, kOwnersSeed);
  const std::string weight = slot_weight(*owners[0]), slot = weight.substr(0, weight.size() - 6);
  const std::string gate = gate_name(*owners[0]);
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

TEST_CASE("[anchored] a row that the gate sends to one expert is answered as by the public network with that slot") {
  const LoadedSuite& suite = loaded(Stub::vector);
  Json component = one_slot_arm("anchored");
  const auto runs = all_runs(suite, make_recipe(suite, component, 480, quick_training(), kOwnersSeed));
  const std::vector<std::shared_ptr<Network>> owners(runs.begin() + 1, runs.end());
  const Batch batch = batch_of(suite, 40);
  component["gate"] = "trained";
  const at::Tensor scale = at::tensor({1e5F, -1e5F, 0.0F});  // owner 0 gets rows of positive sum, owner 1 the others
  std::vector<at::Tensor> alone;
  for (size_t owner = 0; owner < 3; ++owner) {
    for (const int64_t column : {0, 1}) parameter(*owners[owner], gate_name(*owners[0])).select(-1, column).fill_(0);
    parameter(*owners[owner], gate_name(*owners[0])).select(-1, 1).fill_(scale[static_cast<int64_t>(owner)].item());
    Arrays weights = runs[0]->parameters().save(0);
    for (auto& [name, array] : weights)
      if (const at::Tensor own = parameter(*owners[owner], name).contiguous(); own.numel() > array.count())
        array = make_f32(array.shape, own[1].contiguous().data_ptr<float>());
    auto network = std::make_shared<Network>(runs[0]->spec(), 1);
    network->parameters().load(0, weights, "the owner's slot");
    alone.push_back(say(NetworkModel(network), batch));
  }
  const auto positive = batch.inputs.sum(1, /*keepdim=*/true) > 0;
  CHECK(positive.any().item<bool>());
  CHECK_FALSE(positive.all().item<bool>());
  const auto wanted = at::where(positive, alone[0], alone[1]);
  for (const int64_t top_k : {0, 1}) {
    component["top_k"] = top_k;
    CHECK(largest_difference(say(*assemble(suite, component, owners, kOwnersSeed), batch), wanted) < 1e-5);
  }
}

TEST_CASE("[anchored] nothing of an owner who opted out is in the model, in bits") {
  const LoadedSuite& suite = loaded(Stub::vector);
  Json component = one_slot_arm("anchored");
  component["without"] = "1";
  for (const char* gate : {"trained", "embeddings"}) {
    component["gate"] = gate;
    const Recipe recipe = make_recipe(suite, component, 480, quick_training(), kOwnersSeed);
    auto owners = trained_members(suite, recipe, quick_training(), kOwnersSeed);
    const auto before = say(*assemble(suite, component, owners, kOwnersSeed), batch_of(suite, 20));
    add_noise(owners[1]->parameters(), 1, 0, 10);
    CHECK(say(*assemble(suite, component, owners, kOwnersSeed), batch_of(suite, 20)).equal(before));
  }
}

// Of a network of one slot: the mean of the router split's items, then of each part's, all as long as the first, over
// half the mean squared distance from one's part's mean.
std::vector<std::vector<double>> embedded_by_hand(const LoadedSuite& suite, const Json& partition) {
  const auto items = suite.indices(Split::router, kOwnersSeed);
  const auto& part = suite.parts(partition, kOwnersSeed, Split::router);
  const auto& values = suite.suite().train_side().values;
  const auto input = [&](size_t i, size_t at) {
    return static_cast<double>(values[static_cast<size_t>(items[i]) * 8 + at]);
  };
  std::vector<std::vector<double>> mean(4, std::vector<double>(8));
  std::vector<double> count(4);
  for (size_t i = 0; i < items.size(); ++i)
    for (const auto column : {size_t{0}, 1 + static_cast<size_t>(part[i])}) {
      count[column] += 1;
      for (size_t at = 0; at < 8; ++at) mean[column][at] += input(i, at);
    }
  double spread = 0;
  for (size_t column = 0; column < 4; ++column)
    for (double& value : mean[column]) value /= count[column];
  for (size_t i = 0; i < items.size(); ++i)
    for (size_t at = 0; at < 8; ++at)
      spread += std::pow(input(i, at) - mean[1 + static_cast<size_t>(part[i])][at], 2) / count[0];
  const auto length = [](const std::vector<double>& row) {
    return std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0));
  };
  const double first = length(mean[0]);
  for (auto& row : mean)
    for (const double own = length(row); double& value : row) value *= first / own * 2 / spread;
  return mean;
}

TEST_CASE("[anchored] a gate of embeddings by hand, and what it is charged") {
  const LoadedSuite& suite = loaded(Stub::vector);
  Json component = one_slot_arm("anchored");
  component["gate"] = "embeddings";
  component["without"] = "1";
  const Recipe recipe = make_recipe(suite, component, 480, quick_training(), kOwnersSeed);
  const auto owners = trained_members(suite, recipe, quick_training(), kOwnersSeed);
  Json state;
  Arrays arrays;
  assemble(suite, component, owners, kOwnersSeed)->save(state, arrays);
  const auto found = std::ranges::find_if(arrays, [](const auto& one) { return one.first.ends_with("gate.weight"); });
  REQUIRE(found != arrays.end());
  const std::vector<float> gate = as_f32(found->second);  // [8, 3]
  const auto wanted = embedded_by_hand(suite, component.at("partition"));
  for (size_t at = 0; at < 8; ++at)
    for (const auto& [column, from] : {std::pair<size_t, size_t>{0, 0}, {1, 1}, {2, 3}})
      CHECK(static_cast<double>(gate[at * 3 + column]) == doctest::Approx(wanted[from][at]).epsilon(1e-4));

  TrialAssembly dry(suite, component, kOwnersSeed, quick_training(), untrained(recipe, at::kCPU), {}, /*dry=*/true);
  find_architecture("anchored").assemble(dry);
  REQUIRE(dry.charges().size() == 1);
  const auto items = static_cast<double>(suite.indices(Split::router, kOwnersSeed).size());
  CHECK(dry.charges()[0].stage == "router");
  CHECK(dry.charges()[0].flops == items * 2 * (8 * 10 + 10 * 4));  // the public network's two products
}

TEST_CASE("[anchored] parts that there are not cannot opt out, nor experts run") {
  Json component = one_slot_arm("anchored");
  const TaskShape& shape = loaded(Stub::vector).shape();
  component["without"] = "3";
  CHECK(rejection(component, shape).value() == "without names part 3 of 3");
  component["without"] = "";
  component["top_k"] = 5;
  CHECK(rejection(component, shape).value() == "top_k is larger than the 4 experts, the public one counted");
  component["top_k"] = 4;
  CHECK_FALSE(rejection(component, shape).has_value());
  component["without"] = "one";
  CHECK(rejection(component, shape).value() == "without takes numbers of parts, such as \"0 2\"");
}

}  // namespace
}  // namespace loom::anchored_test
