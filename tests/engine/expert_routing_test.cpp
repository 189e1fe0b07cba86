// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/expert_routing.h"

#include <cmath>

#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::expert_routing_test {
namespace {

constexpr int64_t kGated = 4;

// One hidden layer whose gate is set by hand: expert e gets the logit bias[e] from an input that is always one.
std::shared_ptr<Network> gated(const Json& layer, const std::vector<float>& logits, LoadedSuite& suite) {
  suite.data().inputs.select(1, 0).fill_(1);
  NetworkSpec spec = network_spec(Stub::vector, backbone(Stub::vector), layer);
  spec.backbone["depth"] = 1;
  auto network = noisy_network(spec, 1, 0);
  Arrays arrays = network->parameters().save(0);
  std::vector<float> weight(static_cast<size_t>(8 * kGated));
  std::ranges::copy(logits, weight.begin());
  arrays["layer0.gate.weight"] = make_f32({8, kGated}, weight.data());
  network->parameters().load(0, arrays, "gates");
  return network;
}

Json sparse(int64_t top_k, const Json& capacity = nullptr) {
  return {{"name", "sparse_moe"}, {"experts", kGated}, {"top_k", top_k}, {"balance", 0.0}, {"capacity", capacity}};
}

Json only_layer(const Network& network, const LoadedSuite& suite, int64_t batch = 0) {
  const Json routing = expert_routing(network, view_of(suite, suite.indices(Split::train, 0)), batch);
  REQUIRE(routing.at("layers").size() == 1);
  return routing["layers"][0];
}

}  // namespace
}  // namespace loom::expert_routing_test

using namespace loom::expert_routing_test;

TEST_CASE("[expert_routing] a gate set by hand has the load, entropy, dead experts and drops that follow") {
  LoadedSuite suite(make_suite(Stub::vector), at::kCPU);
  const float z = std::log(2.0F);
  const auto network = gated(sparse(2, 1.5), {2 * z, z, 0, 0}, suite);  // gates 1/2, 1/4, 1/8, 1/8
  const Json two = only_layer(*network, suite);
  for (const Json& domain : two.at("load")) {
    CHECK(domain.at(0) == doctest::Approx(0.5));
    CHECK(domain.at(1) == doctest::Approx(0.5));
    CHECK(domain.at(2) == doctest::Approx(0));
  }
  CHECK(two.at("load").size() == 3);
  CHECK(two.at("entropy") == doctest::Approx(1.75 * std::log(2.0)));
  CHECK(two.at("dead") == 2);
  CHECK(two.at("gate_entropy") == two.at("entropy"));
  CHECK(two.at("load_entropy") == doctest::Approx(std::log(2.0)));
  const auto rows = static_cast<double>(suite.indices(Split::train, 0).size());
  CHECK(two.at("drop_rate") == doctest::Approx(1 - std::ceil(2 * rows * 1.5 / 4) / rows));  // half of each expert's
  // A batch of one row: each expert has the one place that the row asks for, though the pooled load is as uneven.
  CHECK(only_layer(*network, suite, 1).at("drop_rate") == 0);
  const Json dropless = only_layer(*gated(sparse(4), {2 * z, z, 0, 0}, suite), suite);
  CHECK(dropless.at("dead") == 0);
  CHECK(dropless.at("drop_rate").is_null());
  const Json soft = only_layer(*gated({{"name", "soft_moe"}, {"experts", kGated}}, {2 * z, z, 0, 0}, suite), suite);
  CHECK(soft.at("load").at(2).at(3) == doctest::Approx(0.125));
}

TEST_CASE("[expert_routing] the drop rate is what training drops of the same rows in one batch") {
  const LoadedSuite& suite = loaded(Stub::vector);
  NetworkSpec spec = network_spec(Stub::vector, backbone(Stub::vector), sparse(1, 0.5));
  spec.backbone["depth"] = 1;
  const auto network = noisy_network(spec, 4, 0);
  const View view = view_of(suite, suite.indices(Split::validation, 0));
  const Batch batch = take_batch(suite.data(), to_tensor(view.indices, at::kCPU));
  Pass pass;
  network->forward(batch.inputs.unsqueeze(0), {}, pass);
  const auto sizes = at::bincount(pass.choices[0].view(-1), {}, kGated);
  const auto rows = static_cast<double>(view.indices.size());
  const double beyond = (sizes - std::ceil(rows * 0.5 / kGated)).clamp_min(0).sum().item<double>() / rows;
  CHECK(beyond > 0);
  const Json layer = expert_routing(*network, view, 0).at("layers").at(0);
  CHECK(layer.at("drop_rate") == doctest::Approx(beyond));
}

TEST_CASE("[expert_routing] batches drop what a pooled load would let pass") {
  LoadedSuite suite(make_suite(Stub::vector), at::kCPU);
  NetworkSpec spec = network_spec(Stub::vector, backbone(Stub::vector), sparse(1, 4.0));
  spec.backbone["depth"] = 1;
  const auto network = noisy_network(spec, 4, 0);
  const View view = view_of(suite, suite.indices(Split::train, 0));
  CHECK(expert_routing(*network, view, 2).at("layers").at(0).at("drop_rate") == 0);  // room for all
  const auto tight = [&](int64_t batch) {
    NetworkSpec less = spec;
    less.layer["capacity"] = 1.0;
    auto same = std::make_shared<Network>(less, 1);
    same->parameters().load(0, network->parameters().save(0), "the same");
    return expert_routing(*same, view, batch).at("layers").at(0).at("drop_rate").get<double>();
  };
  Pass pass;
  network->forward(take_batch(suite.data(), to_tensor(view.indices, at::kCPU)).inputs.unsqueeze(0), {}, pass);
  const auto share =
      at::bincount(pass.choices[0].view(-1), {}, kGated).to(at::kDouble) / static_cast<double>(view.indices.size());
  // Of two rows one place each: one is dropped where both choose alike, which random pairs do with probability sum p^2.
  const double alike = share.square().sum().item<double>(), pairs = static_cast<double>(view.indices.size() / 2);
  CHECK(std::abs(tight(2) - alike / 2) < 5 * std::sqrt(alike * (1 - alike) / pairs) / 2);
  CHECK(tight(1) == 0);
  CHECK(tight(2) != tight(0));
}

TEST_CASE("[expert_routing] a fabric of one network also says what its experts do, each domain told its own number") {
  const LoadedSuite& suite = loaded(Stub::vector);
  const View view = view_of(suite, suite.indices(Split::validation, 0));
  for (const char* combiner : {"oracle", "confidence"}) {
    Json component = variants("architecture", "mmoe", Stub::vector).at(0);
    component["combiner"] = variants("combiner", combiner, Stub::vector).at(0);
    const auto members = noisy_members(make_recipe(suite, component, 64, quick_training(), 0), 0);
    const Json routing = assemble(suite, component, members)->routing(view);
    CHECK(routing.at("layers") == NetworkModel(members[0]).routing(view).at("layers"));
    CHECK(routing.at("layers").at(0).at("load").at(0) != routing.at("layers").at(0).at("load").at(1));
    CHECK(routing.contains("load"));
  }
  LoadedSuite more(make_suite(Stub::vector, 4), at::kCPU);  // a network of three domains on a suite of four
  const auto network = noisy_network(conditioned_spec(Stub::vector, task_options("mmoe", 4)), 1, 0);
  CHECK(expert_routing(*network, view_of(more, more.indices(Split::train, 0)), 0).is_null());
}

TEST_CASE("[expert_routing] every kind of expert layer on every kind of input, and none without") {
  for (const Stub stub : {Stub::vector, Stub::tokens, Stub::bags, Stub::image}) {
    const LoadedSuite& suite = loaded(stub);
    const View view = view_of(suite, suite.indices(Split::train, 0));
    for (const char* name : {"mmoe", "cgc", "hash_moe", "expert_choice", "soft_slots"}) {
      CAPTURE(name);
      const auto network = noisy_network(conditioned_spec(stub, task_options(name, 4)), 1, 0);
      const Json routing = expert_routing(*network, view, 16);
      CHECK(routing.at("layers").size() == (stub == Stub::image ? 1 : 2));
      for (const Json& layer : routing.at("layers"))
        for (const Json& domain : layer.at("load")) {
          double sum = 0;
          for (const double share : domain) sum += share;
          CHECK(sum == doctest::Approx(1).epsilon(1e-5));
        }
      CHECK(routing["layers"][0].at("entropy").is_null() == (name == std::string("hash_moe")));
    }
    CHECK(expert_routing(*noisy_network(network_spec(stub, backbone(stub)), 1, 0), view, 16).is_null());
  }
}
