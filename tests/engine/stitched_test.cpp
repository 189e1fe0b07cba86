// SPDX-License-Identifier: Apache-2.0
// Runs that start from several others, against the same steps taken by hand.
#include <array>

#include "harness/stitch.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::stitched_test {
namespace {

constexpr uint64_t kStitchedSeed = 4;

// The runs of a recipe one after the other, each from the weights that it names, without trained_members().
std::shared_ptr<Network> chain_by_hand(const LoadedSuite& suite, const Recipe& recipe) {
  std::shared_ptr<Network> last;
  for (const TrainSpec& spec : recipe.specs) {
    auto network = std::make_shared<Network>(spec.network, 1);
    network->parameters().initialise(std::array{kStitchedSeed}, std::array{spec.init_index});
    if (last != nullptr) network->parameters().load(0, last->parameters().save(0), "the run before");
    train(*network, suite.data(), {member_data(spec, suite, quick_training(), kStitchedSeed)}, quick_training());
    last = network;
  }
  return last;
}

void overwrite(Network& network, const std::string& name, const at::Tensor& value) {
  for (size_t i = 0; i < network.parameters().size(); ++i)
    if (network.parameters().name(i) == name) const_cast<at::Tensor&>(network.parameters()[i]).copy_(value);
}

}  // namespace
}  // namespace loom::stitched_test

using namespace loom::stitched_test;

TEST_CASE("[btx] a row that the gate sends to one expert is answered as by that specialist") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const NetworkSpec dense = network_spec(Stub::vector, one_hidden_layer(Stub::vector));
  const auto first = noisy_network(dense, kStitchedSeed, 0), second = noisy_network(dense, kStitchedSeed, 1);
  for (const char* shared : {"head.weight", "head.bias"})  // the slot alone differs
    for (size_t i = 0; i < first->parameters().size(); ++i)
      if (first->parameters().name(i) == shared) overwrite(*second, shared, first->parameters()[i]);
  Network stitched(network_spec(Stub::vector, one_hidden_layer(Stub::vector),
                                {{"name", "sparse_moe"}, {"experts", 2}, {"top_k", 1}, {"balance", 0.0}}),
                   1);
  stitched.parameters().initialise(std::array{kStitchedSeed}, std::array<uint64_t, 1>{0});
  Arrays weights = stitched.parameters().save(0);
  stitch(std::vector{first->parameters().save(0), second->parameters().save(0)}, weights);
  stitched.parameters().load(0, weights, "stitched");
  const Batch batch = batch_of(suite, 40);
  const auto direction = at::ones({batch.inputs.size(1)});
  for (size_t i = 0; i < stitched.parameters().size(); ++i)
    if (const std::string name = stitched.parameters().name(i); name.ends_with("gate.weight"))
      overwrite(stitched, name, at::stack({direction * 1e4, direction * -1e4}, 1).unsqueeze(0));
  c10::InferenceMode inference;
  const auto said = stitched.log_probs(batch.inputs, {});
  const auto left = (batch.inputs.matmul(direction) > 0).unsqueeze(1);
  CHECK(left.any().item<bool>());
  CHECK_FALSE(left.all().item<bool>());
  const auto expected = at::where(left, first->log_probs(batch.inputs, {}), second->log_probs(batch.inputs, {}));
  CHECK(largest_difference(said, expected) < 1e-5);
}

TEST_CASE("[btx] has its specialists' slots as experts, and trains what it deploys") {
  const LoadedSuite& suite = loaded(Stub::vector);
  Json component = variants("architecture", "btx", Stub::vector).at(0);
  const Recipe recipe = make_recipe(suite, component, 640, quick_training(), kStitchedSeed);
  REQUIRE(recipe.specs.size() == 5);  // seed, three specialists, the mixture
  CHECK(recipe.specs.back().stitched == std::vector<int64_t>{1, 2, 3});
  CHECK(trained_members(suite, recipe, quick_training(), kStitchedSeed).size() == 1);
  int64_t samples = 0;
  for (const Charge& charge : recipe.charges) samples += charge.samples;
  CHECK(std::abs(samples - 640) <= 5 * quick_training().batch);
  CHECK(recipe.charges[0].participant == -1);
  CHECK(recipe.charges[2].participant == 1);
  CHECK(recipe.charges[4].participant == -1);
}

TEST_CASE("[upcycled] with all experts running starts as the dense network") {
  for (const Stub stub : {Stub::vector, Stub::tokens, Stub::bags}) {
    const LoadedSuite& suite = loaded(stub);
    const auto dense = noisy_network(network_spec(stub, backbone(stub)), kStitchedSeed, 0);
    Network upcycled(
        network_spec(stub, backbone(stub), {{"name", "sparse_moe"}, {"experts", 3}, {"top_k", 3}, {"balance", 0.0}}),
        1);
    upcycled.parameters().initialise(std::array{kStitchedSeed}, std::array<uint64_t, 1>{0});
    Arrays weights = upcycled.parameters().save(0);
    const Arrays one = dense->parameters().save(0);
    stitch(std::vector{one, one, one}, weights);
    upcycled.parameters().load(0, weights, "upcycled");
    c10::InferenceMode inference;
    const Batch batch = batch_of(suite, 9);
    CHECK(largest_difference(upcycled.log_probs(batch.inputs, {}), dense->log_probs(batch.inputs, {})) < 1e-5);
  }
}

TEST_CASE("[continued] is its two runs, one after the other, in bits") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Json component = variants("architecture", "continued", Stub::vector).at(0);
  const Recipe recipe = make_recipe(suite, component, 640, quick_training(), kStitchedSeed);
  REQUIRE(recipe.specs.size() == 2);
  CHECK(recipe.specs[1].begin == recipe.specs[0].steps * quick_training().batch);
  const auto trained = trained_members(suite, recipe, quick_training(), kStitchedSeed);
  CHECK(same_bits(*trained.at(0), 0, *chain_by_hand(suite, recipe), 0));
}

// The network that parties leave after so many rounds, one party for each domain.
std::shared_ptr<Network> met(const LoadedSuite& suite, const std::string& architecture, int64_t rounds,
                             const Json& options = Json::object()) {
  Json component = variants("architecture", architecture, Stub::vector).at(0);
  component["rounds"] = rounds;
  component["partition"] = {{"name", "domain"}};
  component.update(options);
  const auto trained = trained_members(suite, make_recipe(suite, component, 480, quick_training(), kStitchedSeed),
                                       quick_training(), kStitchedSeed);
  REQUIRE(trained.size() == 1);
  return trained[0];
}

TEST_CASE("[fedavg] of one party is a chain of runs, and of one round the monolith, in bits") {
  const LoadedSuite suite(make_suite(Stub::vector, 1), at::kCPU);
  Json component = variants("architecture", "fedavg", Stub::vector).at(0);
  component["rounds"] = 3;
  component["partition"] = {{"name", "domain"}};
  const Recipe recipe = make_recipe(suite, component, 480, quick_training(), kStitchedSeed);
  REQUIRE(recipe.specs.size() == 4);
  CHECK(same_bits(*met(suite, "fedavg", 3), 0, *chain_by_hand(suite, recipe), 0));
  const Recipe dense =
      make_recipe(suite, variants("architecture", "dense", Stub::vector).at(0), 480, quick_training(), kStitchedSeed);
  CHECK(
      same_bits(*met(suite, "fedavg", 1), 0, *trained_members(suite, dense, quick_training(), kStitchedSeed).at(0), 0));
}

TEST_CASE(
    "[fedavg] all parties start alike, each round from the mean of the last, on one course of the learning rate") {
  const LoadedSuite& suite = loaded(Stub::vector);
  Json component = variants("architecture", "fedavg", Stub::vector).at(0);
  component["rounds"] = 2;
  component["partition"] = {{"name", "domain"}};
  const Recipe recipe = make_recipe(suite, component, 480, quick_training(), kStitchedSeed);
  REQUIRE(recipe.specs.size() == 7);
  for (size_t i = 0; i < 6; ++i) {
    const TrainSpec& spec = recipe.specs[i];
    CHECK(spec.init_index == 0);
    CHECK(spec.participant == static_cast<int64_t>(i % 3));
    CHECK_FALSE(spec.deployed);
    CHECK(spec.stitched == (i < 3 ? std::vector<int64_t>{} : std::vector<int64_t>{0, 1, 2}));
    CHECK(spec.shares.size() == spec.stitched.size());
    CHECK(spec.schedule_begin == (i < 3 ? 0 : spec.steps));
    CHECK(spec.schedule_steps == 2 * spec.steps);
  }
  CHECK(recipe.specs[6].deployed);
  CHECK(recipe.specs[6].steps == 0);
  CHECK(recipe.specs[6].stitched == std::vector<int64_t>{3, 4, 5});
  CHECK(recipe.charges[6].flops == 0);
}

TEST_CASE("[diloco] a rate of one without momentum is the mean, in bits; momentum is not") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const auto mean = met(suite, "fedavg", 2);
  const auto plain = met(suite, "diloco", 2, {{"outer_learning_rate", 1}, {"outer_momentum", 0}});
  const auto pushed = met(suite, "diloco", 2, {{"outer_learning_rate", 1}, {"outer_momentum", 0.5}});
  CHECK(same_bits(*mean, 0, *plain, 0));
  double furthest = 0;
  for (size_t i = 0; i < mean->parameters().size(); ++i)
    furthest = std::max(furthest, largest_difference(mean->parameters()[i], pushed->parameters()[i]));
  CHECK(furthest > 1e-3);
}

TEST_CASE("[fedavg] parties weigh by the items that they have; in diloco all weigh alike") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const Json partition = {{"name", "subset"}, {"take", "0"}};  // one domain of three against the other two
  Json component = variants("architecture", "fedavg", Stub::vector).at(0);
  component["rounds"] = 1;
  component["partition"] = partition;
  Recipe recipe = make_recipe(suite, component, 480, quick_training(), kStitchedSeed);
  REQUIRE(recipe.specs.size() == 3);
  const auto& parts = suite.parts(partition, kStitchedSeed, Split::train);
  const auto first = static_cast<double>(std::ranges::count(parts, 0)), all = static_cast<double>(std::ssize(parts));
  CHECK(first / all < 0.4);
  for (TrainSpec& spec : recipe.specs) spec.deployed = true;  // to see the parties too
  const auto trained = trained_members(suite, recipe, quick_training(), kStitchedSeed);
  for (size_t i = 0; i < trained[2]->parameters().size(); ++i) {
    const auto one = trained[0]->parameters()[i].to(at::kDouble), other = trained[1]->parameters()[i].to(at::kDouble);
    const auto mean = (one * first + other * (all - first)) / all;
    CHECK(largest_difference(trained[2]->parameters()[i], mean) < 1e-7);
    CHECK(largest_difference(mean, (one + other) / 2) > 1e-5);
  }
  component = variants("architecture", "diloco", Stub::vector).at(0);
  component["partition"] = partition;
  for (const TrainSpec& spec : make_recipe(suite, component, 480, quick_training(), kStitchedSeed).specs)
    CHECK(spec.shares.empty());
}

TEST_CASE("[adapter_bank] is a dense network that stays in bits what its seed left, and changes that learn") {
  for (const Stub stub : kStubs) {
    const LoadedSuite& suite = loaded(stub);
    const auto runs = [&](const Json& options) {
      Json component = variants("architecture", "adapter_bank", stub).at(0);
      component.update(options);
      return make_recipe(suite, component, 320, quick_training(), kStitchedSeed);
    };
    Recipe recipe = runs(Json::object());
    REQUIRE(recipe.specs.size() == 2);
    CHECK(recipe.specs[0].network.layer.at("name") == "dense");
    CHECK(recipe.specs[1].begin == recipe.specs[0].steps * quick_training().batch);
    CHECK(recipe.charges[0].samples + recipe.charges[1].samples == 320);
    recipe.specs[0].deployed = true;
    const auto trained = trained_members(suite, recipe, quick_training(), kStitchedSeed);
    const Arrays seed = trained.at(0)->parameters().save(0), bank = trained.at(1)->parameters().save(0);
    size_t changes = 0;
    for (const auto& [name, array] : bank) {
      CAPTURE(name);
      if (const auto found = seed.find(name); found != seed.end()) {
        CHECK(array.bytes == found->second.bytes);
      } else if (name.ends_with(".lora_b")) {  // nothing at the start
        const std::vector<float> values = as_f32(array);
        CHECK(std::ranges::any_of(values, [](float value) { return value != 0; }));
        ++changes;
      }
    }
    CHECK(changes > 0);
    CHECK(seed.size() + 2 * changes == bank.size());
    const Recipe both = runs({{"frozen", false}});
    CHECK(recipe.charges[1].flops < both.charges[1].flops);
    const auto together = trained_members(suite, both, quick_training(), kStitchedSeed).at(0)->parameters().save(0);
    CHECK(std::ranges::any_of(seed, [&](const auto& one) { return together.at(one.first).bytes != one.second.bytes; }));
    CHECK(runs({{"frozen", false}, {"seed_share", 0}}).specs.size() == 1);
  }
  Json untrained = variants("architecture", "adapter_bank", Stub::vector).at(0);
  untrained["seed_share"] = 0;
  CHECK(rejection(untrained, loaded(Stub::vector).shape()).value_or("").find("nothing to adapt") != std::string::npos);
}
