// SPDX-License-Identifier: Apache-2.0
// Arms of a stream of events against arms known otherwise: the monolith, and themselves before an event.
#include <algorithm>
#include <map>
#include <set>

#include "harness/engine/staged_model.h"
#include "harness/error.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::stream_test {
namespace {

constexpr uint64_t kSeed = 2;
constexpr int64_t kSamples = 960;

Json monolith(const std::string& strategy, const std::string& events = "", double share = 0.5) {
  return {{"name", "stream_monolith"},
          {"strategy", strategy},
          {"events", events},
          {"replay_share", share},
          {"backbone", backbone(Stub::vector)}};
}
const Json kRouter = {{"name", "router"}, {"mode", "hard"}, {"hidden", 8}, {"epochs", 4}, {"target", "domain"}};
Json specialists(const std::string& events = "", const Json& combiner = kRouter, const std::string& start = "cold") {
  return {{"name", "stream_specialists"},
          {"combiner", combiner},
          {"events", events},
          {"start", start},
          {"backbone", backbone(Stub::vector)}};
}
std::vector<Json> every_arm(const std::string& events = "") {
  return {monolith("retrain", events), monolith("fine_tune", events), monolith("replay", events), specialists(events)};
}

// An arm trained and assembled for real, as two jobs would.
class Arm {
 public:
  Arm(const LoadedSuite& suite, const Json& component, int64_t samples = kSamples)
      : suite_(suite),
        recipe(make_recipe(suite, component, samples, quick_training(), kSeed)),
        members(trained_members(suite, recipe, quick_training(), kSeed)),
        assembly_(
            suite, component, kSeed, quick_training(), members, [](Split) { return std::vector<Outcomes>(); }, false),
        model(find_architecture(component.at("name").get<std::string>()).assemble(assembly_)) {}

  View view() const { return view_of(suite_, suite_.indices(Split::train, kSeed)); }  // the largest split
  Outcomes says(size_t stage) const {
    return stage_outcomes(model->stages()[stage], view(), outcomes_of(members, view()));
  }
  Json ledger() const {
    Json all = Json::array();
    for (const auto* charges : {&recipe.charges, &assembly_.charges()})
      for (const Charge& charge : *charges) all.push_back(to_json(charge));
    return all;
  }
  Json record() const { return record(view()); }
  Json record(const View& test) const {
    return stream_record(*model, test, outcomes_of(members, test), untrained(), ledger(), suite_.suite().description());
  }

 private:
  Outcomes untrained() const {
    Network network(recipe.specs[0].network, 1);
    network.parameters().initialise(std::array{kSeed}, std::array<uint64_t, 1>{0});
    return forward_outcomes(NetworkModel(std::make_shared<Network>(std::move(network))), view());
  }
  const LoadedSuite& suite_;

 public:
  Recipe recipe;
  std::vector<std::shared_ptr<Network>> members;

 private:
  TrialAssembly assembly_;

 public:
  std::unique_ptr<Model> model;
};

const LoadedSuite& labels() { return loaded(Stub::vector); }

// All that decides a member's bits, beside seed and settings.
Json run_of(const TrainSpec& spec) {
  return {{"network", to_json(spec.network)},
          {"partition", spec.partition},
          {"part", spec.part},
          {"begin", spec.begin},
          {"steps", spec.steps},
          {"init_index", spec.init_index},
          {"parent", spec.parent}};
}
Json dense_run(const LoadedSuite& suite, int64_t samples) {
  const Json dense = {{"name", "dense"}, {"backbone", backbone(Stub::vector)}};
  return run_of(make_recipe(suite, dense, samples, quick_training(), kSeed).specs.at(0));
}

// How many of a member's training items are of each domain, each item counted once.
std::map<int32_t, size_t> seen(const TrainSpec& spec) {
  const MemberData data = member_data(spec, labels(), quick_training(), kSeed);
  std::map<int32_t, size_t> counts;
  for (const int64_t item : std::set(data.order.begin(), data.order.end()))
    ++counts[labels().suite().train_side().domain[static_cast<size_t>(item)]];
  return counts;
}

TEST_CASE("[stream] one domain that is added once is the monolith, whatever the strategy") {
  const LoadedSuite one(make_suite(Stub::vector, 1), at::kCPU);
  for (const Json& component : every_arm()) {
    CAPTURE(component.dump());
    const Recipe recipe = make_recipe(one, component, kSamples, quick_training(), kSeed);
    REQUIRE(recipe.specs.size() == 1);
    CHECK(run_of(recipe.specs[0]) == dense_run(one, kSamples));
  }
}

TEST_CASE("[stream] retrain ends as the monolith at its budget: an equal part of the stream's") {
  for (const std::string events : {"", "add 0, add 1, update 0, add 2", "add 2, add 0, delete 2, add 1, add 2"}) {
    const Recipe recipe = make_recipe(labels(), monolith("retrain", events), kSamples, quick_training(), kSeed);
    const auto runs = std::ssize(recipe.specs);
    CAPTURE(events);
    const Json wanted = dense_run(labels(), kSamples / runs);
    if (events.empty() || events.find("delete") == events.npos) CHECK(run_of(recipe.specs.back()) == wanted);
    for (const TrainSpec& spec : recipe.specs) CHECK(spec.steps == wanted.at("steps"));
  }
}

TEST_CASE("[stream] each strategy sees the data that it may, and no other") {
  const std::string events = "add 0, add 1, update 0, delete 1, add 2";
  const auto counts = [&](const Json& component) {
    std::vector<std::map<int32_t, size_t>> all;
    for (const TrainSpec& spec : make_recipe(labels(), component, 9600, quick_training(), kSeed).specs)
      all.push_back(seen(spec));
    return all;
  };
  std::map<int32_t, size_t> train;
  for (const int64_t item : labels().indices(Split::train, kSeed))
    ++train[labels().suite().train_side().domain[static_cast<size_t>(item)]];
  const auto tuned = counts(monolith("fine_tune", events));
  REQUIRE(tuned.size() == 4);                          // a deletion trains nothing
  CHECK(tuned[0].at(0) + tuned[2].at(0) == train[0]);  // an update brings what the add did not
  CHECK(tuned[1] == std::map<int32_t, size_t>{{1, train[1]}});
  CHECK(tuned[3] == std::map<int32_t, size_t>{{2, train[2]}});
  CHECK(counts(specialists(events)) == tuned);
  const auto replayed = counts(monolith("replay", events));
  CHECK(replayed[1].at(1) == train[1]);
  CHECK(replayed[1].at(0) == doctest::Approx(static_cast<double>(tuned[0].at(0)) / 2).epsilon(0.3));
  CHECK(replayed[3].size() == 2);  // of the deleted domain nothing is replayed
  CHECK(replayed[3].at(0) == doctest::Approx(static_cast<double>(train[0]) / 2).epsilon(0.3));
  const auto again = counts(monolith("retrain", events));
  REQUIRE(again.size() == 5);
  CHECK(again[3] == std::map<int32_t, size_t>{{0, train[0]}});
  CHECK(again[4] == std::map<int32_t, size_t>{{0, train[0]}, {2, train[2]}});
}

TEST_CASE("[stream] a fine-tuned network goes on from the one before, an updated specialist from its own") {
  const auto parents = [](const Json& component) {
    std::vector<int64_t> all;
    for (const TrainSpec& spec : make_recipe(labels(), component, kSamples, quick_training(), kSeed).specs)
      all.push_back(spec.parent);
    return all;
  };
  const std::string events = "add 1, add 0, delete 0, update 1, update 1, add 0";
  CHECK(parents(monolith("fine_tune", events)) == std::vector<int64_t>{-1, 0, 1, 2, 3});
  CHECK(parents(monolith("retrain", events)) == std::vector<int64_t>(6, -1));
  CHECK(parents(specialists(events)) == std::vector<int64_t>{-1, -1, 0, 2, -1});
  CHECK(parents(specialists(events, kRouter, "first")) == std::vector<int64_t>{-1, 0, 0, 2, 0});
}

TEST_CASE("[stream] deleting the specialist added last restores the fabric before it, to the bit") {
  const Arm arm(labels(), specialists("add 0, add 1, add 2, delete 2"));
  CHECK(encode_outcomes(arm.says(3)) == encode_outcomes(arm.says(1)));
  CHECK(encode_outcomes(arm.says(2)) != encode_outcomes(arm.says(1)));
  CHECK(arm.model->stages()[3].model->parameters_total() == arm.model->stages()[1].model->parameters_total());
  const Outcomes deployed = arm.model->outcomes(arm.view(), outcomes_of(arm.members, arm.view()));
  CHECK(encode_outcomes(deployed) == encode_outcomes(arm.says(3)));
  CHECK(arm.model->outcomes(arm.view(), {}).argmax == deployed.argmax);  // forward instead of replay
  const auto again = restored(specialists("add 0, add 1, add 2, delete 2"), *arm.model);
  CHECK(say(*again, batch_of(labels(), 9)).equal(say(*arm.model, batch_of(labels(), 9))));
}

TEST_CASE("[stream] specialists behind an oracle forget exactly nothing, a fine-tuned network does forget") {
  const auto bwt = [](const Json& component) {
    return Arm(labels(), component, 10 * kSamples).record().at("bwt").get<double>();
  };
  CHECK(bwt(specialists("", {{"name", "oracle"}})) == 0);
  CHECK(bwt(specialists("add 2, add 0, update 2, add 1", {{"name", "oracle"}})) == 0);
  CHECK(bwt(monolith("fine_tune")) < 0);
}

TEST_CASE("[stream] an oracle names a domain's specialist wherever it stands; one without is answered by all") {
  const Arm arm(labels(), specialists("add 2, add 0", {{"name", "oracle"}}));
  const auto own = outcomes_of(arm.members, arm.view());
  const Outcomes said = arm.says(1);
  for (size_t item = 0; item < said.domain.size(); ++item) {
    const float second = own[1].target_log_prob[item], first = own[0].target_log_prob[item];
    if (said.domain[item] == 2) CHECK(said.target_log_prob[item] == first);
    if (said.domain[item] == 0) CHECK(said.target_log_prob[item] == second);
    if (said.domain[item] == 1)
      CHECK(std::exp(said.target_log_prob[item]) == doctest::Approx((std::exp(first) + std::exp(second)) / 2));
  }
}

TEST_CASE("[stream] what the events cost is the ledger, and a router is charged to the event that needs it") {
  const std::string events = "add 0, add 1, update 0, delete 1, add 2";
  for (const Json& component : every_arm(events)) {
    CAPTURE(component.dump());
    const Arm arm(labels(), component);
    double ledger = 0, by_event = 0;
    for (const Json& charge : arm.ledger()) ledger += charge.at("flops").get<double>();
    const Json flops = arm.record().at("flops");
    for (const Json& one : flops) by_event += one.get<double>();
    CHECK(by_event == doctest::Approx(ledger).epsilon(1e-12));
    const bool trains = component.value("strategy", "") == "retrain";
    CHECK((flops[3] > 0) == trains);  // one specialist is left: it needs no router
    CHECK(flops[0] > 0);
  }
  const Arm plain(labels(), specialists("", {{"name", "oracle"}})), routed(labels(), specialists());
  const Json without = plain.record().at("flops"), with = routed.record().at("flops");
  CHECK(with[0] == without[0]);
  CHECK(with[1] > without[1]);
  CHECK(with[2].get<double>() - without[2].get<double>() > with[1].get<double>() - without[1].get<double>());
}

TEST_CASE("[stream] the record's rows are the stages' scores, and routing is watched as it goes") {
  const Arm arm(labels(), specialists());
  const Json record = arm.record();
  REQUIRE(record.at("R").size() == 3);
  const auto alone = outcomes_of(arm.members, arm.view());
  for (size_t domain = 0; domain < 3; ++domain) {
    double right = 0, items = 0;
    for (size_t item = 0; item < alone[0].domain.size(); ++item) {
      if (alone[0].domain[item] != static_cast<int32_t>(domain)) continue;
      right += alone[0].argmax[item] == alone[0].target[item] ? 1 : 0;
      items += 1;
    }
    CHECK(record.at("R")[0][domain].get<double>() == doctest::Approx(right / items));
  }
  CHECK(record.at("recall")[0].is_null());
  for (const size_t stage : {1U, 2U}) {
    CHECK(record.at("recall")[stage] > 0);
    CHECK(record.at("recall")[stage] <= 1);
  }
  CHECK(record.at("recall")[2] == doctest::Approx(arm.model->routing(arm.view()).at("accuracy").get<double>()));
}

TEST_CASE("[stream] recall is of the domains that the test has items of, and null where it has none") {
  const Arm arm(labels(), specialists());
  const Json load = arm.model->routing(arm.view()).at("load");
  std::vector<int64_t> first, last;
  for (const int64_t item : labels().indices(Split::train, kSeed)) {
    const int32_t domain = labels().suite().train_side().domain[static_cast<size_t>(item)];
    if (domain < 2) (domain == 0 ? first : last).push_back(item);
    if (domain == 2) last.push_back(item);
  }
  const Json of_two = arm.record(view_of(labels(), last)).at("recall");
  const double expected = (load[1][1].get<double>() + load[2][2].get<double>()) / 2;
  CHECK(of_two[2].get<double>() == doctest::Approx(expected));
  CHECK(arm.record(view_of(labels(), first)).at("recall")[2].get<double>() ==
        doctest::Approx(load[0][0].get<double>()));
  std::erase_if(last, [](int64_t item) { return labels().suite().train_side().domain[static_cast<size_t>(item)] < 2; });
  CHECK(arm.record(view_of(labels(), last)).at("recall")[1].is_null());  // the third domain comes after this stage
}

TEST_CASE("[stream] what a stream cannot have is turned down in words") {
  const auto reason = [](const Json& component) { return rejection(component, labels().shape()).value_or("accepted"); };
  CHECK(reason(monolith("replay", "add 0, add 3")) == "'add 3': the last domain is 2");
  CHECK(reason(specialists("", {{"name", "best_constant"}})).find("fitted on all domains") != std::string::npos);
  Json best = kRouter;
  best["target"] = "best_member";
  CHECK(reason(specialists("", best)).find("target: domain") != std::string::npos);
  CHECK_THROWS_AS(rejection(monolith("replay", "add 0, add 0"), labels().shape()), InputError);
  std::string many = "add 0";
  for (int i = 0; i < 40; ++i) many += ", update 0";  // 20 groups
  CHECK_THROWS_WITH_AS(make_recipe(labels(), specialists(many), kSamples, quick_training(), kSeed),
                       doctest::Contains("fewer groups"), InputError);
}

}  // namespace
}  // namespace loom::stream_test
