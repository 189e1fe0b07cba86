// SPDX-License-Identifier: Apache-2.0
#include "harness/tuning.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <set>

#include "harness/cli/tuning_listing.h"
#include "harness/comparison.h"
#include "harness/random.h"
#include "harness/table.h"
#include "tests/config_facts.h"
#include "tests/support/comparison_fixture.h"

namespace loom::tuning_test {
namespace {

using testing::contains;
using testing::kSmall;
using testing::load;
using testing::refusal;

const Json kGrid = {{"learning_rate", {1e-3, 2e-3, 4e-3}}, {"weight_decay", {0.0, 0.01}}};

Json tune(const Json& grid, size_t trials) { return {{"grid", grid}, {"trials", trials}, {"edge", "refuse"}}; }

TuningTrial tried(Json point, std::optional<double> validation) {
  return {std::move(point), validation, "t" + std::to_string(validation.value_or(0)), 1};
}

std::vector<TuningTrial> rates(const std::vector<std::pair<double, std::optional<double>>>& scored) {
  std::vector<TuningTrial> out;
  for (const auto& [rate, score] : scored) out.push_back(tried({{"learning_rate", rate}}, score));
  return out;
}

using Edges = std::vector<std::string>;

// The mean over all subsets of h trials of the best in each; none where a subset holds no score.
std::optional<double> by_enumeration(const std::vector<std::optional<double>>& scores, int h, bool higher) {
  double sum = 0, subsets = 0;
  for (uint32_t chosen = 0; chosen < (1U << scores.size()); ++chosen) {
    if (std::popcount(chosen) != h) continue;
    std::optional<double> best;
    for (size_t i = 0; i < scores.size(); ++i) {
      if ((chosen >> i & 1U) == 0 || !scores[i]) continue;
      if (!best || (higher ? *scores[i] > *best : *scores[i] < *best)) best = scores[i];
    }
    if (!best) return std::nullopt;
    sum += *best;
    ++subsets;
  }
  return sum / subsets;
}

TEST_CASE("[tuning] the points are the whole grid, its last key varying fastest") {
  const std::vector<Json> points = tuning_points(tune(kGrid, 6));
  std::vector<Json> wanted;
  for (const double rate : {1e-3, 2e-3, 4e-3})
    for (const double decay : {0.0, 0.01}) wanted.push_back({{"learning_rate", rate}, {"weight_decay", decay}});
  CHECK(points == wanted);
}

TEST_CASE("[tuning] fewer trials than points are a subset of the grid in its order, always the same") {
  const std::vector<Json> all = tuning_points(tune(kGrid, 6)), some = tuning_points(tune(kGrid, 4));
  CHECK(some.size() == 4);
  CHECK(some == tuning_points(tune(kGrid, 4)));
  size_t at = 0;
  for (const Json& point : some) {
    while (at < all.size() && all[at] != point) ++at;
    REQUIRE(at++ < all.size());
  }
  // Values decide nothing: the same places of another grid of that size.
  Json other = kGrid;
  other["learning_rate"] = {0.1, 0.2, 0.3};
  const std::vector<Json> elsewhere = tuning_points(tune(other, 4));
  for (size_t i = 0; i < 4; ++i) CHECK(elsewhere[i].at("weight_decay") == some[i].at("weight_decay"));
}

TEST_CASE("[tuning] the best on validation is chosen, one that diverged never, of equals the first") {
  CHECK(choose_setting(rates({{1e-3, 0.5}, {2e-3, 0.9}, {4e-3, 0.7}}), true)->index == 1);
  CHECK(choose_setting(rates({{1e-3, 0.5}, {2e-3, 0.2}, {4e-3, 0.7}}), false)->index == 1);
  CHECK(choose_setting(rates({{1e-3, {}}, {2e-3, -3.0}, {4e-3, {}}}), true)->index == 1);
  CHECK(choose_setting(rates({{1e-3, 0.1}, {2e-3, 0.9}, {4e-3, 0.9}, {8e-3, 0.2}}), true)->index == 1);
  CHECK(!choose_setting(rates({{1e-3, {}}, {2e-3, {}}}), true));
}

TEST_CASE("[tuning] the least and the largest of three values are edges, in whatever order they are written") {
  CHECK(choose_setting(rates({{1e-3, 0.9}, {2e-3, 0.5}, {4e-3, 0.4}}), true)->edges == Edges{"learning_rate=0.001"});
  CHECK(choose_setting(rates({{1e-3, 0.3}, {4e-3, 0.9}, {2e-3, 0.4}}), true)->edges == Edges{"learning_rate=0.004"});
  CHECK(choose_setting(rates({{1e-3, 0.3}, {2e-3, 0.9}, {4e-3, 0.4}}), true)->edges.empty());
  CHECK(choose_setting(rates({{1e-3, 0.3}, {2e-3, 0.9}, {4e-3, {}}}), true)->edges.empty());  // 4e-3 was tried
  CHECK(choose_setting(rates({{1e-3, 0.9}, {2e-3, 0.5}}), true)->edges.empty());              // two have no inside
}

TEST_CASE("[tuning] a bound of the field is no edge, and a tie with an inner value takes that") {
  const auto decays = [](std::vector<double> values, std::vector<double> scores) {
    std::vector<TuningTrial> out;
    for (size_t i = 0; i < values.size(); ++i) out.push_back(tried({{"weight_decay", values[i]}}, scores[i]));
    return *choose_setting(out, true);
  };
  CHECK(decays({0, 0.01, 0.1}, {0.9, 0.5, 0.4}).edges.empty());
  CHECK(decays({0, 0.5, 1}, {0.3, 0.5, 0.9}).edges.empty());
  CHECK(decays({0, 0.01, 0.1}, {0.3, 0.5, 0.9}).edges == Edges{"weight_decay=0.1"});
  CHECK(decays({0.001, 0.01, 0.1}, {0.9, 0.9, 0.4}).index == 1);
  CHECK(decays({0.001, 0.01, 0.1}, {0.9, 0.5, 0.4}).index == 0);
}

TEST_CASE("[tuning] words are no numbers: they have no edge") {
  const std::vector<TuningTrial> trials = {tried({{"schedule", "constant"}}, 0.9), tried({{"schedule", "cosine"}}, 0.5),
                                           tried({{"schedule", "one_cycle"}}, 0.4)};
  CHECK(choose_setting(trials, true)->edges.empty());
  CHECK(setting_text(trials[0].point) == "schedule=constant");
}

TEST_CASE("[tuning] the expected best of h is the mean over all subsets of h trials") {
  Stream stream(3, "test/tuning");
  for (size_t count = 1; count <= 10; ++count)
    for (const bool higher : {true, false}) {
      std::vector<std::optional<double>> scores;
      for (size_t i = 0; i < count; ++i) scores.emplace_back(static_cast<double>(stream.below(7)) / 7);  // with ties
      for (size_t diverged = 0; diverged <= std::min<size_t>(count, 2); ++diverged) {
        const auto curve = expected_best(scores, higher);
        REQUIRE(curve.size() == count);
        for (size_t h = 1; h <= count; ++h) {
          const auto wanted = by_enumeration(scores, static_cast<int>(h), higher);
          REQUIRE(curve[h - 1].has_value() == wanted.has_value());
          if (wanted) CHECK(*curve[h - 1] == doctest::Approx(*wanted).epsilon(1e-12));
        }
        if (diverged < count) scores[diverged] = std::nullopt;
      }
    }
}

TEST_CASE("[tuning] the curve starts at the mean and ends at the best") {
  const std::vector<std::optional<double>> scores = {0.25, 1.0, 0.75, 0.5};
  const auto curve = expected_best(scores, true);
  CHECK(*curve[0] == doctest::Approx(0.625));
  CHECK(*curve[3] == 1.0);
  CHECK(std::ranges::is_sorted(curve));
}

TEST_CASE("[tuning] search FLOPs count each trial once; without a search there are none") {
  const auto trial = [](const char* id, double flops) { return Json{{"trial", id}, {"train_flops", flops}}; };
  CHECK(search_flops({{"tuning", {trial("a", 1), trial("b", 2)}}, {"selection", {trial("b", 2), trial("c", 4)}}}) == 7);
  CHECK(search_flops({{"selection", {trial("c", 4)}}}) == 4);
  CHECK(!search_flops({{"selection", Json::array()}}));
}

// ---- the section of a config

TEST_CASE("[tuning] a config without it has no search, and resolves as it did") {
  const Experiment experiment = load(kSmall);
  CHECK(experiment.suites[0].tune.is_null());
  CHECK(!experiment.resolved.at("suites")[0].contains("tune"));
}

TEST_CASE("[tuning] trials left out are the whole grid; what is resolved resolves to the same again") {
  const std::string text =
      std::string(kSmall) + "tune: {grid: {learning_rate: [1e-3, 2e-3, 4e-3], schedule: [cosine, constant]}}\n";
  const Experiment experiment = load(text);
  const Json& tune = experiment.suites[0].tune;
  CHECK(tune.at("trials") == 6);
  CHECK(tune.at("edge") == "refuse");
  CHECK(tune.at("grid").size() == 2);
  CHECK(tune.at("grid").at("learning_rate") == Json{1e-3, 2e-3, 4e-3});
  CHECK(load(experiment.resolved.dump()).resolved == experiment.resolved);
}

TEST_CASE("[tuning] a suite's own keys are merged over the top level's; null is none") {
  const Experiment experiment = load(
      "suites: [digits4, {suite: digits4, label: b, tune: {trials: 2, edge: flag}}, {suite: bytes9, tune: null}]\n"
      "reference: {dense: {backbone: mlp}, samples: 1000}\narms: [dense]\n"
      "tune: {trials: 3, grid: {learning_rate: [1e-3, 2e-3, 4e-3]}}\n");
  CHECK(experiment.suites[0].tune.at("trials") == 3);
  CHECK(experiment.suites[1].tune.at("trials") == 2);
  CHECK(experiment.suites[1].tune.at("edge") == "flag");
  CHECK(experiment.suites[1].tune.at("grid") == experiment.suites[0].tune.at("grid"));
  CHECK(experiment.suites[2].tune.is_null());
}

TEST_CASE("[tuning] more trials than points name both numbers") {
  const std::string text = refusal(std::string(kSmall) + "tune: {trials: 8, grid: {learning_rate: [1e-3, 2e-3]}}\n");
  CHECK(contains(text, "8 trials, but the grid has 2 points"));
  CHECK(contains(text, "demo.yaml:4:16"));
}

// ---- what stored results say

Json recorded(double rate, const Json& score) {
  return {{"point", {{"learning_rate", rate}}},
          {"validation", score},
          {"trial", std::to_string(rate)},
          {"train_flops", 2e9}};
}

std::filesystem::path tuned_results(const testing::ScratchFolder& scratch) {
  testing::ResultFixture fixture(scratch.path() / "results" / "tuned");
  fixture.suite("two", "accuracy", 6);
  testing::add_arm(fixture, {.arm = "dense"}, {}, 0.8);
  Json& row = fixture.last_row();
  row["tuned"] = {{"learning_rate", 0.004}};
  row["tuning"] = {recorded(0.001, 0.5), recorded(0.002, nullptr), recorded(0.004, 0.75)};
  row["edge"] = "learning_rate=0.004";
  testing::add_arm(fixture, testing::kFabric, {}, 0.8);
  return fixture.finish();
}

TEST_CASE("[tuning] the table has the search in a column of its own, JSON keeps its keys") {
  const testing::ScratchFolder scratch;
  const Table table = make_table(load_results(tuned_results(scratch)));
  const std::string text = render(table, {});
  // 3 x 2e9 over C = 2.02e9 / 1.01 = 2e9.
  CHECK(contains(text, "params x  search x"));
  CHECK(contains(text, "1.25      3.00"));
  CHECK(contains(text, " edge"));
  CHECK(contains(render(table, {.format = Format::md}), "| search x |"));
  const std::string csv = render(table, {.format = Format::csv});
  CHECK(contains(csv.substr(0, csv.find('\n')), ",status,search_flops"));
  CHECK(contains(csv, ",ok,6e+09\n"));
  CHECK(contains(csv, ",ok,\n"));  // the fabric's row
  for (const Json& row : parse_json(render(table, {.format = Format::json}), "table")) {
    CHECK(row.size() == json_keys().size());
    if (row.at("arm") == "dense") CHECK(std::ranges::count(row.at("flags"), "edge: learning_rate=0.004") == 1);
  }
}

TEST_CASE("[tuning] stored results tell each arm's search once, with its curve") {
  const testing::ScratchFolder scratch;
  const Json tuning = describe_tuning(read_plan(tuned_results(scratch)));
  REQUIRE(tuning.size() == 1);
  CHECK(tuning[0].at("arm") == "dense");
  CHECK(tuning[0].at("search_flops") == 6e9);
  // Of two the one that diverged is never both: 2/3 hold .75, 1/3 holds .5.
  CHECK(tuning[0].at("expected_best")[0].is_null());
  CHECK(tuning[0].at("expected_best")[1].get<double>() == doctest::Approx(2.0 / 3 * 0.75 + 1.0 / 3 * 0.5));
  CHECK(tuning[0].at("expected_best")[2] == 0.75);
  const std::string text = tuning_text(tuning);
  CHECK(contains(text, "tuning of two: expected best validation score of h of the 3 trials\n"));
  CHECK(contains(text, "learning_rate=0.004 (edge)  6e+09"));
  CHECK(contains(text, "-    0.6667  0.7500"));
  CHECK(tuning_text(Json::array()).empty());
}

}  // namespace
}  // namespace loom::tuning_test
