// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::twins_test {
namespace {

constexpr int64_t kSamples = 160;
constexpr uint64_t kSeed = 3;

Json dense(Stub stub) { return {{"name", "dense"}, {"backbone", backbone(stub, 13, 11)}}; }

Json fabric(Stub stub, const Json& partition, const Json& combiner) {
  return {{"name", "specialists"},
          {"partition", partition},
          {"birth", {{"name", "cold"}}},
          {"combiner", combiner},
          {"backbone", backbone(stub, 13, 11)}};
}

// What a model says about validation and test, replayed from its members' stored outcomes as a trial does.
struct Said {
  Outcomes replayed, forward;
};

Said judge(LoadedSuite& suite, const Model& model, const std::vector<std::shared_ptr<Network>>& members) {
  const Items& items = suite.open_test("twins");
  const View test{items, suite.test_data(), suite.test_indices()};
  return {model.outcomes(test, outcomes_of(members, test)), forward_outcomes(model, test)};
}

// Summaries of a mixture are computed in double: the same value, perhaps not the same last bit.
void check_same_outcomes(const Outcomes& a, const Outcomes& b) {
  CHECK(a.target == b.target);
  CHECK(a.target_log_prob == b.target_log_prob);
  CHECK(a.log_probs == b.log_probs);
  CHECK(a.domain == b.domain);
  if (a.argmax.empty() || b.argmax.empty()) return;
  CHECK(a.argmax == b.argmax);
  CHECK(a.max_log_prob == b.max_log_prob);
  for (size_t i = 0; i < a.entropy.size(); ++i) CHECK(a.entropy[i] == doctest::Approx(b.entropy[i]).epsilon(1e-5));
}

void check_fabric_of_one(Stub stub, LoadedSuite& suite, const Json& partition, const Json& combiner) {
  CAPTURE(combiner.dump());
  CAPTURE(partition.dump());
  const Json component = fabric(stub, partition, combiner);
  REQUIRE_FALSE(rejection(component, suite.shape()).has_value());
  const TrainConfig train = quick_training();
  const Recipe whole = make_recipe(suite, dense(stub), kSamples, train, kSeed);
  const Recipe parts = make_recipe(suite, component, kSamples, train, kSeed);
  REQUIRE(parts.specs.size() == 1);
  CHECK(parts.charges[0].flops == whole.charges[0].flops);
  const auto monolith = trained_members(suite, whole, train, kSeed);
  const auto specialist = trained_members(suite, parts, train, kSeed);
  CHECK(same_bits(*monolith[0], 0, *specialist[0], 0));
  const Said alone = judge(suite, *assemble(suite, dense(stub), monolith, kSeed), monolith);
  const Said together = judge(suite, *assemble(suite, component, specialist, kSeed), specialist);
  check_same_outcomes(alone.replayed, together.replayed);
  check_same_outcomes(alone.forward, together.forward);
}

// The dense network's parameters under the names of one with experts: bits equal where both have the name.
void check_dense_twin(const LoadedSuite& suite, Stub stub, const Json& layer, int64_t tags = 0) {
  TrainConfig train_as = quick_training();
  train_as.learning_rate = 0.01;
  const auto run = [&](const Json& with) {
    TrainSpec spec;
    spec.network = network_spec(stub, backbone(stub, 13, 11), with);
    spec.network.shape = suite.shape();
    if (with.at("name") != "dense") spec.network.tags = tags;
    spec.network.tag_input = false;
    spec.steps = 12;
    return trained_members(suite, {{spec}, {}}, train_as, kSeed)[0];
  };
  const auto twin = run({{"name", "dense"}}), expert = run(layer);
  const Arrays ours = expert->parameters().save(0);
  for (const auto& [name, array] : twin->parameters().save(0)) {
    CAPTURE(name);
    CHECK(ours.at(name).bytes == array.bytes);
  }
  const Batch batch = batch_of(suite, 9);
  CHECK(say(NetworkModel(twin), batch).equal(say(NetworkModel(expert), batch)));
  CHECK(expert->parameter_count() - twin->parameter_count() ==
        expert->active_parameter_count() - twin->active_parameter_count());  // no expert idles, adapters may
  Network untrained(twin->spec(), 1);
  untrained.parameters().initialise(std::array{kSeed}, std::array<uint64_t, 1>{0});
  CHECK_FALSE(same_bits(untrained, 0, *twin, 0));  // it did train
}

Json expert_layer(const char* name, int64_t experts, int64_t top_k) {
  return {{"name", name}, {"experts", experts}, {"top_k", top_k}, {"balance", 0.01}};
}

}  // namespace
}  // namespace loom::twins_test

using namespace loom::twins_test;

TEST_CASE("[specialists] a fabric of one pooled specialist is the monolith, weights and outcomes in bits") {
  for (const Stub stub : kStubs) {
    LoadedSuite suite(make_suite(stub), at::kCPU);
    for (const CombinerSource& source : all_combiners())
      for (const Json& combiner : variants("combiner", source.facts.name, stub)) {
        const Json component = fabric(stub, {{"name", "pooled"}, {"parts", 1}}, combiner);
        if (source.facts.name == "vote" || source.facts.name == "stacking") continue;  // they recalibrate even one
        if (!rejection(component, suite.shape())) check_fabric_of_one(stub, suite, component.at("partition"), combiner);
      }
  }
}

TEST_CASE("[specialists] on a suite of one domain every partition's one specialist is the monolith in bits") {
  for (const Stub stub : kStubs) {
    LoadedSuite suite(make_suite(stub, 1), at::kCPU);
    const char* combiner = is_tokens(stub) ? "posterior_mixture" : "oracle";
    check_fabric_of_one(stub, suite, {{"name", "domain"}}, {{"name", combiner}});
    check_fabric_of_one(stub, suite, {{"name", "domain"}}, variants("combiner", "router", stub).at(0));
    check_fabric_of_one(stub, suite, {{"name", "random"}, {"parts", nullptr}}, {{"name", "uniform_soup"}});
  }
}

TEST_CASE("[layers] a mixture of one expert is its dense twin in bits after training") {
  for (const Stub stub : kStubs)
    for (const char* name : {"soft_moe", "sparse_moe"}) {
      CAPTURE(name);
      check_dense_twin(loaded(stub), stub, expert_layer(name, 1, 1));
    }
}

TEST_CASE("[layers] one hashed expert, or one for each of one domain, is its dense twin in bits after training") {
  for (const Stub stub : kStubs) {
    const LoadedSuite suite(make_suite(stub, 1), at::kCPU);
    for (const char* name : {"hash_moe", "demix", "mmoe"}) {
      CAPTURE(name);
      Json layer = task_options(name, 1);
      layer["tasks"] = 1;
      check_dense_twin(suite, stub, layer, name == std::string("hash_moe") ? 0 : 1);
    }
  }
}

TEST_CASE("[layers] sparse experts that all run are the soft mixture over the same gates") {
  for (const Stub stub : kStubs) {
    const LoadedSuite& suite = loaded(stub);
    const Json sizes = backbone(stub, 13, 11);
    const auto sparse = noisy_network(network_spec(stub, sizes, expert_layer("sparse_moe", 4, 4)), 5, 0);
    auto soft = std::make_shared<Network>(network_spec(stub, sizes, expert_layer("soft_moe", 4, 4)), 1);
    soft->parameters().load(0, sparse->parameters().save(0), "the same gates and experts");
    auto fewer = std::make_shared<Network>(network_spec(stub, sizes, expert_layer("sparse_moe", 4, 3)), 1);
    fewer->parameters().load(0, sparse->parameters().save(0), "the same gates and experts");
    const Batch batch = batch_of(suite, 21);
    const auto mixed = say(NetworkModel(soft), batch);
    CHECK(largest_difference(say(NetworkModel(sparse), batch), mixed) < 3e-6);
    CHECK(largest_difference(say(NetworkModel(fewer), batch), mixed) > 1e-3);
  }
}
