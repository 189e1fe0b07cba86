// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/cells.h"
#include "harness/error.h"
#include "harness/hash.h"
#include "harness/imported/fabric_replay.h"
#include "harness/imported/imported_planner.h"
#include "harness/metrics.h"

namespace loom::imported_replay_test {
namespace {

using namespace imported;

// Probability of the right one of two classes: two items of each domain and side. The numbers that the cases expect
// follow from this table by hand.
struct Asked {
  const char *item, *domain, *split;
  std::array<double, 3> right;  // of models a, b, c
};
constexpr std::array<Asked, 8> kAsked = {{{"xv1", "x", "validation", {.9, .3, .6}},
                                          {"xv2", "x", "validation", {.8, .6, .4}},
                                          {"xt1", "x", "test", {.9, .2, .6}},
                                          {"xt2", "x", "test", {.4, .7, .6}},
                                          {"yv1", "y", "validation", {.2, .9, .6}},
                                          {"yv2", "y", "validation", {.6, .8, .4}},
                                          {"yt1", "y", "test", {.2, .8, .4}},
                                          {"yt2", "y", "test", {.6, .9, .4}}}};
constexpr std::array<const char*, 3> kModels = {"a", "b", "c"};

Answer answer(const Asked& asked, size_t model, const std::string& name, bool scores) {
  Answer out{.model = name, .item = asked.item};
  out.domain = asked.domain;
  out.split = asked.split;
  out.cost = double(model) + 1;
  out.latency_s = 3 - double(model);
  const double right = asked.right[model];
  if (scores) {
    out.score = right;
  } else {
    out.label = 1;
    out.log_probs = {std::log(1 - right), std::log(right)};
  }
  return out;
}

OutcomeTable table(bool scores) {
  OutcomeBuilder builder;
  builder.open("by hand");
  int64_t line = 0;
  for (const Asked& asked : kAsked)
    for (size_t model = 0; model < 3; ++model) builder.add(++line, answer(asked, model, kModels[model], scores));
  return builder.finish("by hand");
}

FabricReplay::Result on_test(const OutcomeTable& data, const char* combiner, std::vector<size_t> members = {0, 1, 2}) {
  const Json chosen = combiner == nullptr ? Json(nullptr) : Json{{"name", combiner}};
  return FabricReplay(data, std::move(members), chosen, 0).on(Split::test);
}

double test_score(const OutcomeTable& data, const char* combiner, std::vector<size_t> members = {0, 1, 2}) {
  return score(on_test(data, combiner, std::move(members)).outcomes, data.outputs > 0 ? "accuracy" : "score", 2).macro;
}

TEST_CASE("[imported replay] accuracies of models and fabrics are those worked out by hand") {
  const OutcomeTable data = table(false);
  CHECK(test_score(data, nullptr, {0}) == 0.5);         // x: right, wrong; y: wrong, right
  CHECK(test_score(data, nullptr, {1}) == 0.75);        // x: wrong, right; y: both
  CHECK(test_score(data, nullptr, {2}) == 0.5);         // x: both; y: none
  CHECK(test_score(data, "best_constant") == 0.75);     // b has the lowest validation loss: .511, against .612 and .714
  CHECK(test_score(data, "oracle") == 0.75);            // a in x, b in y
  CHECK(test_score(data, kSampleOracle) == 1);          // a, b, b, any
  CHECK(test_score(data, "uniform_ensemble") == 0.75);  // mean probabilities .567, .567, .467, .633
  const auto mixed = score(on_test(data, "uniform_ensemble").outcomes, "accuracy", 2);
  const auto loss = [](double a, double b, double c) { return -std::log((a + b + c) / 3); };
  CHECK(mixed.nll == doctest::Approx((loss(.9, .2, .6) + loss(.4, .7, .6) + loss(.2, .8, .4) + loss(.6, .9, .4)) / 4));
}

TEST_CASE("[imported replay] scores alone go through combiners that pick one member") {
  const OutcomeTable data = table(true);
  CHECK(test_score(data, nullptr, {0}) == doctest::Approx((.65 + .4) / 2));
  CHECK(test_score(data, "best_constant") == doctest::Approx((.45 + .85) / 2));  // b: validation .65, a .625, c .5
  CHECK(test_score(data, "oracle") == doctest::Approx((.65 + .85) / 2));         // a in x, b in y
  CHECK(test_score(data, kSampleOracle) == doctest::Approx((.8 + .85) / 2));
  double drawn = 0;
  for (const Asked& asked : kAsked)
    if (std::string(asked.split) == "test")
      drawn += asked.right[std::stoull(sha256(asked.item).substr(0, 16), nullptr, 16) % 3];
  CHECK(test_score(data, "random_router") == doctest::Approx(drawn / 4));
}

TEST_CASE("[imported replay] a fabric of one model is that model to the bit") {
  for (const bool scores : {false, true}) {
    const OutcomeTable data = table(scores);
    const std::string alone = encode_outcomes(on_test(data, nullptr, {1}).outcomes);
    for (const char* combiner : {"uniform_ensemble", "best_constant", "random_router", "oracle", kSampleOracle}) {
      if (scores && std::string(combiner) == "uniform_ensemble") continue;
      CHECK(encode_outcomes(on_test(data, combiner, {1}).outcomes) == alone);
    }
  }
}

TEST_CASE("[imported replay] the mean of two equal models is either to the bit") {
  OutcomeBuilder builder;
  builder.open("by hand");
  for (const Asked& asked : kAsked)
    for (const char* name : {"one", "two"}) builder.add(1, answer(asked, 0, name, false));
  const OutcomeTable data = builder.finish("by hand");
  CHECK(encode_outcomes(on_test(data, "uniform_ensemble", {0, 1}).outcomes) ==
        encode_outcomes(on_test(data, nullptr, {0}).outcomes));
}

TEST_CASE("[imported replay] declared costs add up over the members that answer; the slowest decides") {
  const OutcomeTable data = table(false);
  CHECK(on_test(data, "uniform_ensemble").cost == 6);
  CHECK(on_test(data, "uniform_ensemble").latency_s == 3);
  CHECK(on_test(data, "best_constant").cost == 2);
  CHECK(on_test(data, "oracle").cost == 1.5);
  CHECK(on_test(data, "oracle").routing.at("load") == Json::parse("[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]"));
}

TEST_CASE("[imported replay] combiners whose view is not met say why") {
  const OutcomeTable labels = table(false), scores = table(true);
  const Json router = {{"name", "router"}, {"mode", "hard"}, {"hidden", 16}, {"epochs", 20}, {"target", "domain"}};
  CHECK(unmet_view(router, labels) == "it routes by the inputs, and imported outcomes have none");
  CHECK(unmet_view({{"name", "uniform_soup"}}, labels) == "it merges weights, and imported outcomes have none");
  CHECK(unmet_view({{"name", "posterior_mixture"}}, labels) ==
        "it works on tokens, and imported outcomes are one answer per item");
  CHECK(unmet_view({{"name", "uniform_ensemble"}}, labels).empty());
  CHECK(unmet_view({{"name", "uniform_ensemble"}}, scores) ==
        "it mixes log-probabilities, and the files hold only scores");
  for (const char* name : {"best_constant", "random_router", "oracle"})
    CHECK(unmet_view({{"name", name}}, scores).empty());
}

Experiment experiment(const Json& arms, int seeds = 1000) {
  Experiment out;
  SuiteConfig suite;
  suite.label = "hand";
  suite.suite = {{"name", "imported"}, {"path", "by hand"}};
  suite.columns = {"free"};
  suite.seeds = seeds;
  for (const auto& [label, component] : arms.items()) suite.arms.push_back({label, component});
  out.suites.push_back(suite);
  return out;
}

Json imported_arm(const Json& members, const char* combiner = nullptr) {
  return {{"name", "imported"},
          {"members", members},
          {"combiner", combiner == nullptr ? Json(nullptr) : Json{{"name", combiner}}}};
}

const Json kCode = {{"imported", "digest"}, {"components", Json::object()}};

Json plan(const Json& arms, bool scores = false) {
  return make_plan(experiment(arms), {{"hand", table(scores)}}, kCode);
}

std::vector<std::string> arms_of(const Json& plan) {
  std::vector<std::string> out;
  for (const Json& row : plan.at("rows"))
    out.push_back(row.at("arm").get<std::string>() + " " + row.at("role").get<std::string>() + " " +
                  row.at("information_level").get<std::string>());
  return out;
}

TEST_CASE("[imported replay] every model is an arm, and controls of all of them are added") {
  CHECK(arms_of(plan({{"all models", imported_arm({"all"})}})) ==
        std::vector<std::string>{"a arm none", "b arm none", "c arm none", "best_constant null none",
                                 "random_router null none", "oracle reference domain",
                                 "sample_oracle reference answer"});
  CHECK(arms_of(plan({{"b", imported_arm({"b"})}})) == std::vector<std::string>{"b arm none"});
}

TEST_CASE("[imported replay] each set of members gets its controls once") {
  const Json made = plan({{"both", imported_arm({"a", "b"}, "uniform_ensemble")},
                          {"three", imported_arm({"all"}, "uniform_ensemble")},
                          {"told", imported_arm({"a", "b"}, "oracle")}});
  const std::vector<std::string> arms = arms_of(made);
  CHECK(arms == std::vector<std::string>{"both arm none", "three arm none", "told reference domain",
                                         "best_constant of 2 null none", "random_router of 2 null none",
                                         "sample_oracle of 2 reference answer", "best_constant of 3 null none",
                                         "random_router of 3 null none", "oracle of 3 reference domain",
                                         "sample_oracle of 3 reference answer"});
}

TEST_CASE("[imported replay] unknown models and unmet views are refused by name") {
  CHECK_THROWS_WITH_AS(plan({{"fab", imported_arm({"a", "bb"}, "oracle")}}),
                       "hand: arm 'fab': there is no model 'bb'; did you mean 'b'?   models: a, b, c", InputError);
  CHECK_THROWS_WITH_AS(
      plan({{"fab", imported_arm({"all"}, "uniform_ensemble")}}, true),
      "hand: arm 'fab': combiner uniform_ensemble: it mixes log-probabilities, and the files hold only "
      "scores",
      InputError);
}

TEST_CASE("[imported replay] a fabric's record holds its members alone, and their sample oracle is that row's score") {
  for (const bool scores : {false, true}) {
    const OutcomeTable data = table(scores);
    const Json made = plan({{"told", imported_arm({"all"}, "random_router")}}, scores);
    Json by_arm;
    for (const Json& row : made.at("rows")) {
      const std::string id = row.at("trials")[0];
      by_arm[row.at("arm").get<std::string>()] =
          Json::parse(trial_files(id, made.at("trials").at(id), data).files.at("record.json"));
    }
    const Json& members = by_arm.at("told").at("member_scores");
    for (size_t model = 0; model < 3; ++model) {
      const Outcomes alone = on_test(data, nullptr, {model}).outcomes;
      CHECK(members.at("member_domain")[model] == Json(score(alone, scores ? "score" : "accuracy", 2).domain));
    }
    const double best = by_arm.at("sample_oracle").at("scores").at("test").at("macro");
    CHECK(members.at("sample_oracle").at("macro").get<double>() == doctest::Approx(best));
    // Right alone: a on xt1 shares with c; xt2 b and c; yt1 b alone; yt2 a and b. No score is 1.
    CHECK(members.at("solved_by_one").at("macro") == (scores ? 0.0 : 0.25));
  }
}

TEST_CASE("[imported replay] a record's cells and layout give its score again") {
  for (const bool scores : {false, true}) {
    const OutcomeTable data = table(scores);
    const Json made = plan({{"all models", imported_arm({"all"})}}, scores);
    for (const auto& [id, trial] : made.at("trials").items()) {
      const TrialFiles files = trial_files(id, trial, data);
      const Json record = Json::parse(files.files.at("record.json"));
      CellTable cells = empty_table(Json::parse(files.layout), 2);
      add_seed(cells, record.at("cells"));
      CHECK(score(cells) == doctest::Approx(record.at("scores").at("test").at("macro").get<double>()));
      CHECK(record.at("scores").at("test").at("nll").is_null() == scores);
      CHECK(record.at("metric") == (scores ? "score" : "accuracy"));
      const Outcomes stored = decode_outcomes(files.files.at("outcomes-test.safetensors"), "test");
      CHECK(score(stored, scores ? "score" : "accuracy", 2).macro == record.at("scores").at("test").at("macro"));
    }
  }
}

}  // namespace
}  // namespace loom::imported_replay_test
