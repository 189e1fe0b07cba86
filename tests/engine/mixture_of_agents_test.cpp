// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/layered_model.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::mixture_of_agents_test {
namespace {

constexpr uint64_t kAgentsSeed = 11;

Json agents(int64_t layers) {
  Json component = variants("architecture", "mixture_of_agents", Stub::vector).at(0);
  component["layers"] = layers;
  component["temperature"] = 2;
  component["partition"] = {{"name", "domain"}};
  return component;
}

// What agents say of rows, softened, behind the rows: element by element.
at::Tensor behind(const at::Tensor& items, const at::Tensor& heard, std::span<const std::shared_ptr<Network>> layer) {
  const int64_t outputs = layer[0]->spec().shape.outputs, own = items.size(1);
  auto rows = at::zeros({items.size(0), own + std::ssize(layer) * outputs});
  for (int64_t row = 0; row < items.size(0); ++row) {
    for (int64_t i = 0; i < own; ++i) rows[row][i] = items[row][i];
    for (int64_t agent = 0; agent < std::ssize(layer); ++agent) {
      const auto said = layer[static_cast<size_t>(agent)]->log_probs(heard.narrow(0, row, 1), {})[0];
      double sum = 0;
      for (int64_t i = 0; i < outputs; ++i) sum += std::exp(said[i].item<double>() / 2);
      for (int64_t i = 0; i < outputs; ++i)
        rows[row][own + agent * outputs + i] = std::exp(said[i].item<double>() / 2) / sum;
    }
  }
  return rows;
}

TEST_CASE("[mixture_of_agents] a layer reads the item and what the layer before said of it, by hand") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Recipe recipe = make_recipe(suite, agents(2), 480, quick_training(), kAgentsSeed);
  REQUIRE(recipe.specs.size() == 7);
  const auto networks = noisy_members(recipe, kAgentsSeed);
  const auto model = assemble(suite, agents(2), networks, kAgentsSeed);
  const Batch batch = batch_of(suite, 4);
  c10::InferenceMode inference;
  const auto first = behind(batch.inputs, batch.inputs, std::span(networks).subspan(0, 3));
  const auto second = behind(batch.inputs, first, std::span(networks).subspan(3, 3));
  CHECK(largest_difference(say(*model, batch), networks[6]->log_probs(second, {})) < 1e-5);
  int64_t parameters = 0;
  for (const auto& network : networks) parameters += network->parameter_count();
  CHECK(model->parameters_total() == parameters);
}

TEST_CASE("[mixture_of_agents] who reads what others said is trained on a longer input, in bits") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Recipe recipe = make_recipe(suite, agents(1), 480, quick_training(), kAgentsSeed);
  const auto networks = trained_members(suite, recipe, quick_training(), kAgentsSeed);
  REQUIRE(networks.size() == 4);
  std::vector<at::Tensor> parts = {suite.data().inputs};
  for (size_t agent = 0; agent < 3; ++agent)
    parts.push_back(at::softmax(networks[agent]->log_probs(suite.data().inputs, {}) / 2.0, -1));
  Dataset longer = suite.data();
  longer.inputs = at::cat(parts, -1);
  const TrainSpec& spec = recipe.specs.back();
  REQUIRE(spec.split == Split::router);
  Network last(spec.network, 1);
  last.parameters().initialise(std::array{kAgentsSeed}, std::array{spec.init_index});
  const auto& order_of = suite.indices(Split::router, kAgentsSeed);
  const TrainConfig config = quick_training();
  MemberData data;
  data.order = suite.order(kAgentsSeed, Split::router)
                   .take(spec.begin, spec.steps * config.batch, std::vector<int32_t>(order_of.size(), 0), 0);
  for (const int64_t item : data.order) CHECK(std::ranges::find(order_of, item) != order_of.end());
  data.validation = suite.indices(Split::validation, kAgentsSeed);
  train(last, longer, {data}, config);
  CHECK(same_bits(last, 0, *networks[3], 0));
}

TEST_CASE("[mixture_of_agents] what agents say in another's training is charged to it") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const TrainConfig train = quick_training();
  const Recipe recipe = make_recipe(suite, agents(2), 480, train, kAgentsSeed);
  const TrainSpec& last = recipe.specs.back();
  const int64_t validation = std::ssize(suite.indices(Split::validation, kAgentsSeed));
  double below = 0;
  for (size_t agent = 0; agent < 6; ++agent)
    below += static_cast<double>(forward_item_flops(recipe.specs[agent].network));
  const auto seen = static_cast<double>(last.steps * train.batch + train.checks * validation);
  CHECK(recipe.charges.back().flops ==
        doctest::Approx(static_cast<double>(train_flops(last.network, train, last.steps, validation)) + seen * below));
  CHECK(recipe.specs[3].below.size() == 1);
  CHECK(last.below.size() == 2);
}

TEST_CASE("[mixture_of_agents] agents that cannot be read are turned down") {
  Json component = agents(2);
  component["backbone"] = backbone(Stub::tokens);
  CHECK(rejection(component, loaded(Stub::tokens).shape()).has_value());
}

}  // namespace
}  // namespace loom::mixture_of_agents_test
