// SPDX-License-Identifier: Apache-2.0
// The search for settings in plans of a stub suite: which trials are asked for, who inherits, what is refused.
#include "harness/engine/setting.h"

#include <cmath>
#include <set>

#include "harness/engine/plan.h"
#include "tests/engine/support.h"

using namespace loom;
using namespace loom::engine_test;

namespace loom::setting_test {
namespace {

const Json kTrain = {{"batch", 16},  {"optimizer", "adamw"}, {"learning_rate", 2e-3}, {"schedule", "one_cycle"},
                     {"beta1", 0.9}, {"beta2", 0.999},       {"weight_decay", 0.01},  {"warmup", 0.3},
                     {"checks", 2},  {"grad_clip", 0.0}};

Json specialists(const std::string& combiner) {
  return {{"name", "specialists"},
          {"partition", {{"name", "domain"}}},
          {"birth", {{"name", "cold"}}},
          {"combiner", {{"name", combiner}}},
          {"backbone", backbone(Stub::vector, 16)}};
}

// Two arms, a reference that inherits (oracle) and the nulls, in two columns.
Json experiment(const Json& tune) {
  const Json dense = {{"name", "dense"}, {"backbone", backbone(Stub::vector, 16)}};
  Json suite = {{"label", "stub"},
                {"suite", {{"name", "stub"}}},
                {"columns", {"free", "serving"}},
                {"seeds", 2},
                {"samples", 4000},
                {"reference", {{"label", "dense"}, {"component", dense}}},
                {"arms",
                 {{{"label", "dense"}, {"component", dense}},
                  {{"label", "ensemble"}, {"component", specialists("uniform_ensemble")}},
                  {{"label", "oracle"}, {"component", specialists("oracle")}}}},
                {"free", {0.5, 1.0, 1.5, 2.0}},
                {"train", kTrain},
                {"margin", nullptr}};
  if (!tune.is_null()) suite["tune"] = tune;
  return {{"suites", {suite}}};
}

Json rates(std::vector<double> values, const std::string& edge = "refuse") {
  return {{"trials", values.size()}, {"edge", edge}, {"grid", {{"learning_rate", std::move(values)}}}};
}

// A trial's score by its own part of the plan; NaN: it diverged.
using ScoreOf = std::function<double(const Json& trial)>;

// Plans until nothing is pending, as a run does; `rounds` counts the plans that had to wait.
Json planned(const Json& tune, const ScoreOf& score_of, int* rounds = nullptr) {
  Suites suites{.load = [](const Json&) { return make_suite(Stub::vector); }, .loaded = {}};
  std::map<std::string, double> recorded;
  for (;;) {
    const TrialScore known = [&](const std::string& id) {
      return recorded.contains(id) ? std::optional(recorded.at(id)) : std::nullopt;
    };
    Json plan = make_plan(experiment(tune), suites, at::kCPU, known);
    if (plan.at("pending").empty()) return plan;
    if (rounds != nullptr) ++*rounds;
    for (const Json& id : plan.at("pending")) recorded[id] = score_of(plan.at("trials").at(id));
  }
}

double rate_of(const Json& trial) { return trial.at("train").at("learning_rate"); }

// Best at 2e-3, whatever else it is.
double inner(const Json& trial) { return -std::abs(std::log(rate_of(trial) / 2e-3)); }

// Monoliths like 2e-3, fabrics 4e-3.
double by_family(const Json& trial) {
  const bool fabric = trial.at("component").at("name") == "specialists";
  return -std::abs(std::log(rate_of(trial) / (fabric ? 4e-3 : 2e-3)));
}

const Json& row_of(const Json& plan, const std::string& arm, const std::string& column) {
  for (const Json& row : plan.at("rows"))
    if (row.at("arm") == arm && row.at("column") == column) return row;
  FAIL("no row " << arm);
  return plan;
}

}  // namespace
}  // namespace loom::setting_test

using namespace loom::setting_test;

TEST_CASE("[setting] every arm tries the same points by the seed that is never reported, and no one else does") {
  int rounds = 0;
  const Json plan = planned(rates({1e-3, 2e-3, 4e-3, 8e-3}), by_family, &rounds);
  CHECK(rounds == 2);  // settings, then widths
  Json points;
  for (const Json& row : plan.at("rows")) {
    CAPTURE(row.at("arm"));
    if (row.at("role") != "arm") {
      CHECK(row.at("tuning").empty());
      continue;
    }
    Json own = Json::array();
    for (const Json& trial : row.at("tuning")) own.push_back(trial.at("point"));
    CHECK(own.size() == 4);
    if (points.is_null()) points = own;
    CHECK(own == points);
    for (const Json& one : row.at("tuning")) {
      const Json& trial = plan.at("trials").at(one.at("trial").get<std::string>());
      CHECK(trial.at("seed") == kSelectionSeed);
      CHECK(trial.at("role") == "tuning");
      CHECK(rate_of(trial) == one.at("point").at("learning_rate"));
      CHECK(trial.at("component").at("backbone").at("width") == 16);  // the reference's
      CHECK(one.at("train_flops").get<double>() ==
            doctest::Approx(row.at("costs").at("train_flops").get<double>()).epsilon(0.03));
    }
  }
}

TEST_CASE("[setting] the choice reaches every column, the nulls and the references of the arm they control") {
  const Json plan = planned(rates({1e-3, 2e-3, 4e-3, 8e-3}), by_family);
  const std::set<std::string> of_dense = {"dense", "prior", "tagged", "tagged_by_router"};
  std::set<std::string> reported, searched;
  for (const Json& row : plan.at("rows")) {
    CAPTURE(row.at("arm"));
    REQUIRE(row.at("status") == "ok");
    const double wanted = of_dense.contains(row.at("arm").get<std::string>()) ? 2e-3 : 4e-3;
    CHECK(row.at("tuned") == Json{{"learning_rate", wanted}});
    CHECK(row.at("edge") == "");
    for (const std::string id : row.at("trials")) {
      Json train = kTrain;
      train["learning_rate"] = wanted;
      CHECK(plan.at("trials").at(id).at("train") == train);
      for (const std::string member : plan.at("trials").at(id).at("members"))
        CHECK(plan.at("members").at(member).at("train") == train);
      reported.insert(id);
    }
    for (const char* list : {"tuning", "selection"})
      for (const Json& trial : row.at(list)) searched.insert(trial.at("trial").get<std::string>());
  }
  for (const std::string& id : searched) CHECK(!reported.contains(id));
  CHECK(reported.size() + searched.size() == plan.at("trials").size());
}

TEST_CASE("[setting] a search that ends where the config stands changes no id") {
  const Json without = planned(nullptr, inner), with = planned(rates({1e-3, 2e-3, 4e-3}), inner);
  REQUIRE(without.at("rows").size() == with.at("rows").size());
  for (size_t i = 0; i < without.at("rows").size(); ++i) {
    const Json &a = without.at("rows")[i], &b = with.at("rows")[i];
    CHECK(a.at("trials") == b.at("trials"));
    CHECK(a.at("selection") == b.at("selection"));
    CHECK(!a.contains("tuned"));
  }
}

TEST_CASE("[setting] the best on the edge is refused with its controls, or flagged where the config says so") {
  const auto rising = [](const Json& trial) { return rate_of(trial); };
  const Json refused = planned(rates({1e-3, 2e-3, 8e-3}), rising);
  const Json& row = row_of(refused, "dense", "serving");
  CHECK(row.at("status") == "rejected");
  CHECK(row.at("reason") ==
        "the best setting, learning_rate=0.008, lies on the edge of the values tried; widen the grid");
  CHECK(row.at("tuning").size() == 3);
  CHECK(row_of(refused, "oracle", "free").at("reason") == "the arm it controls is rejected");
  CHECK(row_of(refused, "prior", "free").at("status") == "ok");  // has no network
  const Json flagged = planned(rates({1e-3, 2e-3, 8e-3}, "flag"), rising);
  CHECK(row_of(flagged, "dense", "serving").at("status") == "ok");
  CHECK(row_of(flagged, "dense", "serving").at("edge") == "learning_rate=0.008");
}

TEST_CASE("[setting] what diverged is never chosen, and an arm that always does is rejected") {
  const auto fragile = [](const Json& trial) { return rate_of(trial) > 3e-3 ? NAN : rate_of(trial); };
  const Json plan = planned(rates({1e-3, 2e-3, 4e-3}), fragile);
  const Json& row = row_of(plan, "dense", "free");
  CHECK(row.at("tuned") == Json{{"learning_rate", 2e-3}});
  CHECK(row.at("tuning")[2].at("validation").is_null());
  const Json none = planned(rates({1e-3, 2e-3, 4e-3}), [](const Json&) { return NAN; });
  CHECK(row_of(none, "dense", "free").at("reason") == "every one of its 3 tuning trials diverged");
}

TEST_CASE("[setting] settings that move the cost close C all the same") {
  const Json tune = {{"trials", 3}, {"edge", "flag"}, {"grid", {{"batch", {8, 16, 32}}}}};
  const Json plan = planned(tune, [](const Json& trial) { return trial.at("train").at("batch").get<double>(); });
  double target = 0;
  for (const Json& row : plan.at("rows")) {
    if (row.at("role") != "arm") continue;
    CHECK(row.at("tuned") == Json{{"batch", 32}});
    CHECK(row.at("ratios").at("train_flops").get<double>() == doctest::Approx(1).epsilon(0.02));
    const double budget =
        row.at("costs").at("train_flops").get<double>() / row.at("ratios").at("train_flops").get<double>();
    if (target == 0) target = budget;
    CHECK(budget == doctest::Approx(target));
  }
}
