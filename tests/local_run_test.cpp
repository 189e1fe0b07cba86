// SPDX-License-Identifier: Apache-2.0
#include "harness/local_run.h"

#include <doctest/doctest.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/io.h"
#include "harness/planning.h"
#include "harness/run_experiment.h"
#include "tests/support/result_fixture.h"

namespace loom::local_run_test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecord = R"({"status": "ok", "value": 3})";
const std::function<void(const Progress&)> kSilent = [](const Progress&) {};

struct Bench {
  Bench() : places{scratch.path() / "results", scratch.path() / ".members"} { make_folders(places.results / "trials"); }
  LocalTrial good(const std::string& id) {
    return {id, 2, [this] {
              ++runs;
              return std::map<std::string, std::string>{{"record.json", kRecord}};
            }};
  }
  fs::path trial(const std::string& name) const { return places.results / "trials" / name; }

  testing::ScratchFolder scratch;
  Places places;
  std::atomic<int> runs = 0;
};

SuiteConfig suite(const std::string& label) {
  SuiteConfig out;
  out.label = label;
  return out;
}

// One search step: `last` is planned once `first` is recorded.
LocalPlanner two_steps(Bench& bench) {
  return {.name = "made up",
          .takes = [](const SuiteConfig& config) { return config.label.starts_with("own"); },
          .code = {{"engine", "e"}, {"components", Json::object()}},
          .plan =
              [&bench](const Experiment&, const RecordReader& record) {
                LocalPlan out;
                const auto first = record("first");
                const Json trial = {{"charges", Json::array()}};
                out.plan = {{"rows", Json::array()},
                            {"members", Json::object()},
                            {"suites", Json::object()},
                            {"trials", {{"first", trial}}},
                            {"pending", Json::array()}};
                out.trials.push_back(bench.good("first"));
                if (!first) {
                  out.plan["pending"].push_back("first");
                  return out;
                }
                CHECK(first->at("value") == 3);
                out.plan["trials"]["last"] = trial;
                out.plan["rows"].push_back(
                    {{"suite", "own"}, {"column", "free"}, {"arm", "a"}, {"status", "ok"}, {"trials", {"last"}}});
                out.trials.push_back(bench.good("last"));
                return out;
              }};
}

TEST_CASE("[local run] every missing trial is committed once") {
  Bench bench;
  const std::vector<LocalTrial> trials = {bench.good("a"), bench.good("b"), bench.good("c")};
  const Spent spent = execute_local(trials, bench.places, 2, kSilent);
  CHECK(spent.trials == 3);
  CHECK(spent.flops == 6);
  for (const char* id : {"a", "b", "c"}) CHECK(read_artefact(bench.trial(id), "record.json") == kRecord);
  CHECK(execute_local(trials, bench.places, 2, kSilent).trials == 0);
  CHECK(bench.runs == 3);
}

TEST_CASE("[local run] a trial that throws is marked, the others go on, and success takes the mark away") {
  Bench bench;
  LocalTrial bad = bench.good("bad");
  bad.run = []() -> std::map<std::string, std::string> { throw std::runtime_error("went wrong"); };
  CHECK(execute_local(std::vector{bad, bench.good("good")}, bench.places, 1, kSilent).trials == 1);
  const Json mark = Json::parse(read_file(bench.trial("bad.failed.json")));
  CHECK(mark.at("status") == "failed");
  CHECK(mark.at("message") == "went wrong");
  CHECK(artefact_complete(bench.trial("good")));
  execute_local(std::vector{bench.good("bad")}, bench.places, 1, kSilent);
  CHECK_FALSE(fs::exists(bench.trial("bad.failed.json")));
  CHECK(artefact_complete(bench.trial("bad")));
}

TEST_CASE("[local run] what the machine refuses ends the run") {
  Bench bench;
  LocalTrial full = bench.good("full");
  full.run = []() -> std::map<std::string, std::string> { throw EnvironmentError("disk is full"); };
  CHECK_THROWS_AS(execute_local(std::vector{full, bench.good("next")}, bench.places, 1, kSilent), EnvironmentError);
  CHECK_FALSE(artefact_complete(bench.trial("next")));
}

TEST_CASE("[local run] an interrupt leaves nothing half done") {
  Bench bench;
  LocalTrial cut = bench.good("cut");
  cut.run = []() -> std::map<std::string, std::string> {
    interrupted() = true;
    return {};
  };
  const Spent spent = execute_local(std::vector{cut, bench.good("next")}, bench.places, 1, kSilent);
  interrupted() = false;
  CHECK(spent.trials == 0);
  CHECK(fs::is_empty(bench.places.results / "trials"));
  CHECK(bench.runs == 0);
}

TEST_CASE("[local run] pending trials run first, and the same run again does nothing") {
  Bench bench;
  const LocalPlanner planner = two_steps(bench);
  Experiment experiment;
  experiment.resolved = {{"name", "x"}};
  const LocalRun run = run_local(planner, experiment, bench.places, "key", 2, kSilent);
  CHECK(run.spent.trials == 2);
  CHECK(artefact_complete(bench.trial("last")));
  CHECK(stored_plan(bench.places).at("key") == "key");
  CHECK(fs::exists(bench.places.results / "lock.yaml"));
  CHECK(run_local(planner, experiment, bench.places, "key", 2, kSilent).spent.trials == 0);
  fs::remove_all(bench.trial("last"));
  CHECK(run_local(planner, experiment, bench.places, "key", 2, kSilent).spent.trials == 1);
  CHECK(bench.runs == 3);
}

TEST_CASE("[local run] claims that were edited are stored though no trial is missing") {
  Bench bench;
  const LocalPlanner planner = two_steps(bench);
  Experiment experiment;
  experiment.resolved = {{"name", "x"}, {"claims", {{{"id", "first"}}}}};
  run_local(planner, experiment, bench.places, "key", 1, kSilent);
  experiment.resolved["claims"][0]["id"] = "second";
  const LocalRun again = run_local(planner, experiment, bench.places, "key", 1, kSilent);
  CHECK(again.spent.trials == 0);
  CHECK(again.plan.at("experiment") == experiment.resolved);
  CHECK(stored_plan(bench.places).at("experiment") == experiment.resolved);
  CHECK(read_file(bench.places.results / "lock.yaml").find("second") != std::string::npos);
}

TEST_CASE("[local run] an experiment is local as a whole or not at all") {
  Bench bench;
  const std::vector<LocalPlanner> planners = {two_steps(bench)};
  Experiment experiment;
  experiment.suites = {suite("own one"), suite("own two")};
  CHECK(find_planner(experiment, planners) == &planners[0]);
  experiment.suites = {suite("digits4")};
  CHECK(find_planner(experiment, planners) == nullptr);
  experiment.suites = {suite("own one"), suite("digits4")};
  CHECK_THROWS_WITH_AS(find_planner(experiment, planners),
                       doctest::Contains("'own one' is made up and 'digits4' is not"), InputError);
}

}  // namespace
}  // namespace loom::local_run_test
