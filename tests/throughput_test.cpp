// SPDX-License-Identifier: Apache-2.0
#include "harness/throughput.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/support/result_fixture.h"

namespace loom::throughput_test {
namespace {

using namespace loom::testing;

Json run_of(const std::string& backbone, const std::string& layer, double flops) {
  return {{"network", {{"backbone", {{"name", backbone}}}, {"layer", {{"name", layer}}}}}, {"flops", flops}};
}

class Store {
 public:
  Store() : places{scratch_.path() / "results", scratch_.path() / ".members"} { make_folders(places.store); }
  void add(const std::string& id, const Json& run, double cpu_s) const {
    const Json member = {{"run", run}, {"measured", {{"train_cpu_s", cpu_s}}}};
    commit_artefact(places.store / id, {{"member.json", member.dump()}});
  }

 private:
  ScratchFolder scratch_;

 public:
  const Places places;
};

TEST_CASE("[throughput] each kind of network is estimated from stored members of its own kind") {
  const Store store;
  Json plan = {{"members", Json::object()}};
  plan["members"]["a"] = run_of("mlp", "dense", 6e9);
  plan["members"]["b"] = run_of("mlp", "sparse_moe", 1e9);
  plan["members"]["old"] = run_of("mlp", "dense", 2e9);
  store.add("old", plan["members"]["old"], 1);                      // the plan's own: 2e9
  store.add("other", run_of("mlp", "dense", 4e9), 1);               // another experiment's: together 6e9 in 2 s
  store.add("experts", run_of("mlp", "sparse_moe", 5e8), 2);        // 2.5e8
  store.add("foreign", run_of("transformer", "dense", 1e12), 0.1);  // of a kind that is not asked for
  const TimeEstimate found = estimate_time(plan, {"a", "b"}, store.places);
  REQUIRE(found.rates.size() == 2);
  CHECK(found.rates[0].network == "mlp");
  CHECK(found.rates[0].flops_per_s == doctest::Approx(3e9));
  CHECK(found.rates[0].members == 2);
  CHECK(found.rates[1].network == "mlp sparse_moe");
  CHECK(found.rates[1].members == 1);
  CHECK(found.cpu_s == doctest::Approx(6e9 / 3e9 + 1e9 / 2.5e8));
}

TEST_CASE("[throughput] without a stored member the rate is nominal and says so") {
  const Store store;
  Json plan = {{"members", Json::object()}};
  plan["members"]["t"] = run_of("transformer", "dense", 3.5e10);
  plan["members"]["x"] = run_of("unheard_of", "dense", 1e10);
  const TimeEstimate found = estimate_time(plan, {"t", "x"}, store.places);
  REQUIRE(found.rates.size() == 2);
  CHECK(found.rates[0].members + found.rates[1].members == 0);
  CHECK(found.cpu_s == doctest::Approx(2));
  CHECK(estimate_time(plan, {}, store.places).cpu_s == 0);
}

TEST_CASE("[throughput] a damaged or foreign member is passed over") {
  const Store store;
  commit_artefact(store.places.store / "odd", {{"member.json", "{\"run\": 3}"}});
  commit_artefact(store.places.store / "text", {{"member.json", "no JSON"}});
  make_folders(store.places.store / "half");
  Json plan = {{"members", {{"a", run_of("mlp", "dense", 3e10)}}}};
  CHECK(estimate_time(plan, {"a"}, store.places).rates[0].members == 0);
}

}  // namespace
}  // namespace loom::throughput_test
