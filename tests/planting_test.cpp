// SPDX-License-Identifier: Apache-2.0
#include "harness/planting.h"

#include <doctest/doctest.h>

#include "harness/cells.h"
#include "harness/comparison.h"
#include "harness/paired_cells.h"
#include "harness/planning.h"
#include "harness/run_experiment.h"
#include "harness/verify.h"
#include "tests/support/planted_fixture.h"
#include "tests/support/result_fixture.h"

namespace loom::planting_test {
namespace {

using testing::contains;

constexpr const char* kArms = R"(
arms:
  - least_squares: {fit: pooled, label: pooled}
  - least_squares: {fit: domain, label: routed}
)";

Experiment load(const std::string& text) {
  const testing::ConfigFolder folder;
  return load_experiment(folder.write("demo.yaml", text), {}, false, testing::planted_facts());
}

std::string refusal(const std::string& text) {
  try {
    load(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

struct Run {
  explicit Run(const std::string& text) : experiment(load(text)) {
    planners.push_back(planted_planner(all_suites(), all_closed_forms(), testing::made_up_digests()));
  }
  RunSummary go() {
    const auto digests = [](const Experiment&) { return Json::object(); };
    return run_experiment(experiment, {2, 0, false, scratch.path()}, digests, planners);
  }
  Json plan() const { return stored_plan(places_of(experiment, scratch.path())); }
  std::filesystem::path results() const { return scratch.path() / "demo"; }

  testing::ScratchFolder scratch;
  Experiment experiment;
  std::vector<LocalPlanner> planners;
};

TEST_CASE("[planting] a run without a search records every arm, expands replicates to seeds, and verifies") {
  Run run("suites: [{suite: {linear: {samples: 20}}, replicates: 12, seeds: 2}]" + std::string(kArms));
  CHECK(run.go().spent.trials == 4);
  CHECK(run.go().spent.trials == 0);
  CHECK(verify_artefacts(run.results()).damage.empty());
  const ResultStore store = load_results(run.results());
  const ScoredSeeds scored = scored_seeds(store, store.rows[0]);
  CHECK(scored.seeds.size() == 24);
  CHECK(scored.seeds.back() == 23);
  const TrialResult& first = store.trials.at(store.rows[0].trials[0]);
  CHECK(first.replicates == std::vector(scored.macro.begin(), scored.macro.begin() + 12));
  CHECK(first.test.macro == doctest::Approx(mean(first.replicates)));
  const ComparedBlock block = compare(store)[0];
  CHECK(block.seeds == 24);
  CHECK(block.rows[0].seeds == 24);
  CHECK(block.margin == doctest::Approx(0.05 * block.rows[block.rows[0].plan.arm == "pooled" ? 0 : 1].score));
  REQUIRE(block.headline.has_value());
  CHECK(block.headline->seeds == 24);
  CHECK(block.rows[0].interval.has_value());
}

TEST_CASE("[planting] the recorded scores are those of the worlds of its seed") {
  Run run("suites: [{suite: {linear: {samples: 20, domains: 3}}, replicates: 4}]\nseeds: 1" + std::string(kArms));
  run.go();
  const ResultStore store = load_results(run.results());
  const PlantedSource source = testing::planted("linear");
  const ClosedForm form = testing::closed_form("least_squares");
  const Json& suite = run.experiment.suites[0].suite;
  for (const PlannedRow& row : store.rows)
    for (int64_t r = 0; r < 4; ++r) {
      const auto& config = run.experiment.suites[0].arms[row.arm == "pooled" ? 0 : 1];
      const auto scores = form.fit(config.component, source.draw(suite, 0, r));
      CHECK(store.trials.at(row.trials[0]).replicates[static_cast<size_t>(r)] == mean(scores));
    }
}

TEST_CASE("[planting] the search finds a planted crossover, and again finds the same without work") {
  Run run(R"(
suites:
  - suite: linear
    replicates: 120
    seeds: 1
    search: {over: similarity, between: [pooled, routed], beside: 0.1}
)" + std::string(kArms));
  CHECK(run.go().failed_trials == 0);
  const Json plan = run.plan();
  const Json found = plan.at("searches").at(0);
  CHECK(found.at("true").get<double>() == doctest::Approx(0.6592).epsilon(1e-4));
  CHECK(std::abs(found.at("found").get<double>() - 0.6592) < 0.02);
  CHECK(found.at("low") < found.at("true"));
  CHECK(found.at("true") < found.at("high"));
  CHECK(found.at("sign_low") == -1);
  CHECK(found.at("sign_high") == 1);
  CHECK(plan.at("suites").size() == 3);
  CHECK(plan.at("rows").size() == 6);
  CHECK(run.go().spent.trials == 0);
  CHECK(run.plan() == plan);
  std::filesystem::remove(run.results() / "plan.json");
  CHECK(run.go().spent.trials == 0);  // its probes are cached trials
  CHECK(run.plan() == plan);
}

TEST_CASE("[planting] arms that never cross are reported as such, with rows at both ends") {
  Run run(R"(
suites:
  - suite: {linear: {samples: 20, domains: 2}}
    replicates: 20
    seeds: 1
    search: {over: similarity, between: [hybrid, routed]}
arms:
  - least_squares: {fit: hybrid, label: hybrid}
  - least_squares: {fit: domain, label: routed}
)");
  run.go();
  const Json found = run.plan().at("searches").at(0);
  CHECK(found.at("found").is_null());
  CHECK(found.at("true").is_null());
  CHECK(found.at("message") == "no crossover in [0, 1]");
  CHECK(found.at("probes") == 2);
  CHECK(run.plan().at("suites").contains("linear similarity=1"));
}

TEST_CASE("[planting] a lock is a config that resolves to the same") {
  Run run(R"(
suites: [{suite: linear, replicates: 5, search: {over: similarity, between: [pooled, routed]}}]
)" + std::string(kArms));
  CHECK(load(run.experiment.resolved.dump(1)).resolved == run.experiment.resolved);
}

TEST_CASE("[planting] malformed configs give one clear error") {
  const std::string search = "suites: [{suite: linear, search: {over: similarity, between: [pooled, router]}}]";
  CHECK(contains(refusal(search + kArms), "demo.yaml:1:"));
  CHECK(contains(refusal(search + kArms), "search.between: no arm is labelled 'router'"));
  CHECK(contains(refusal(search + kArms), "1 error;"));
  CHECK(
      contains(refusal("suites: [{suite: digits4, replicates: 3}]\nreference: {dense: {}, samples: 9}\narms: [dense]"),
               "'replicates' is for planted suites"));
  CHECK(contains(refusal("suites: [linear]\narms: [dense]"), "the arm 'dense' cannot run on linear"));
  CHECK(contains(refusal("suites: [linear]\narms: [count_model]"),
                 "count_model takes sequences; linear gives regression"));
  CHECK(contains(refusal("suites: [digits4]\nreference: {dense: {}, samples: 9}\narms: [least_squares]"),
                 "the arm 'least_squares' cannot run on digits4"));
  CHECK(contains(refusal("suites: [linear]\ncolumns: [serving]" + std::string(kArms)), "the column free only"));
  CHECK(contains(refusal("suites: [linear]\nsamples: 5" + std::string(kArms)), "'samples' has no meaning"));
  CHECK(contains(
      refusal("suites: [{suite: linear, search: {over: inputs, between: [pooled, routed]}}]" + std::string(kArms)),
      "no real setting 'inputs'"));
  CHECK(contains(refusal("suites: [{suite: linear, search: {over: similarity, high: 2, between: [pooled, routed]}}]" +
                         std::string(kArms)),
                 "a number from 0 to 1"));
}

TEST_CASE("[planting] settings without a known answer are refused before anything runs") {
  Run run("suites: [{suite: {markov: {samples: 100}}, label: short}]\narms: [count_model]");
  CHECK_THROWS_WITH_AS(run.go(), doctest::Contains("suite short: 100 samples are too few"), InputError);
  CHECK_FALSE(std::filesystem::exists(run.results() / "plan.json"));
}

}  // namespace
}  // namespace loom::planting_test
