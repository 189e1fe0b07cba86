// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "harness/phase.h"

namespace loom::phase_grid_test {
namespace {

// Worlds of four similarities and two sizes of data; monolith minus fabric of each seed.
using Differences = std::vector<std::vector<double>>;  // [similarity][seed]
constexpr std::array kSimilarity = {0.0, 0.25, 0.5, 1.0};

TrialResult scored(double macro) {
  TrialResult trial;
  trial.status = "ok";
  trial.replicates = {macro};
  return trial;
}

void add_world(ResultStore& store, double samples, double similarity, const std::vector<double>& differences,
               bool higher_is_better) {
  const std::string label = "teachers " + std::to_string(samples) + " " + std::to_string(similarity);
  store.experiment["suites"].push_back(
      {{"label", label},
       {"columns", {"serving"}},
       {"suite", {{"name", "teachers"}, {"samples", samples}, {"similarity", similarity}, {"domains", 4}}}});
  store.suites[label].higher_is_better = higher_is_better;
  PlannedRow monolith;
  monolith.suite = label, monolith.arm = "dense", monolith.family = "monolith";
  monolith.column = "serving", monolith.role = "arm", monolith.status = "ok";
  PlannedRow fabric = monolith;
  fabric.arm = "specialists", fabric.family = "fabric";
  for (size_t seed = 0; seed < differences.size(); ++seed) {
    const std::string id = label + std::to_string(seed);
    monolith.trials.push_back(id + "m"), fabric.trials.push_back(id + "f");
    store.trials[id + "m"] = scored(0.5 + (higher_is_better ? differences[seed] : -differences[seed]));
    store.trials[id + "f"] = scored(0.5);
  }
  store.rows.push_back(monolith), store.rows.push_back(fabric);
}

ResultStore grid(const Differences& small, const Differences& large, bool higher_is_better = true) {
  ResultStore store;
  store.experiment = {{"suites", Json::array()}};
  store.searches = Json::array();
  for (size_t i = 0; i < kSimilarity.size(); ++i) {
    add_world(store, 1000, kSimilarity[i], large[i], higher_is_better);
    add_world(store, 100, kSimilarity[i], small[i], higher_is_better);
  }
  return store;
}

const Differences kRising = {{-0.2, -0.2}, {-0.1, -0.1}, {0.1, 0.1}, {0.3, 0.3}};

TEST_CASE("[phase grid] the boundary is where the means cross zero, by hand") {
  for (const bool higher : {true, false}) {
    const auto panels = phase_panels(grid(kRising, {{-0.3}, {-0.2}, {-0.1}, {0.1}}, higher));
    REQUIRE(panels.size() == 1);
    CHECK(panels[0].title == "teachers serving domains=4");
    CHECK(panels[0].above == "dense");
    CHECK(panels[0].below == "specialists");
    REQUIRE(panels[0].points.size() == 2);
    CHECK(panels[0].points[0].samples == 100);
    CHECK(panels[0].points[0].found.value() == doctest::Approx(0.375));  // halfway from .25 to .5
    CHECK(panels[0].points[0].low == doctest::Approx(0.375));            // all seeds agree
    CHECK(panels[0].points[1].found.value() == doctest::Approx(0.75));
    CHECK_FALSE(panels[0].points[0].truth);
  }
}

TEST_CASE("[phase grid] means that fall are pooled, by hand") {
  // -.2, then .1 and -.1 pool to 0, then .3: zero is still not above, so the crossing lies where the rise begins.
  const auto panels = phase_panels(grid({{-0.2}, {0.1}, {-0.1}, {0.3}}, kRising));
  CHECK(panels[0].points[0].found.value() == doctest::Approx(0.5));
}

TEST_CASE("[phase grid] seeds that disagree widen the band, and it holds the boundary") {
  const auto panels = phase_panels(grid({{-0.3, -0.1}, {-0.2, 0.1}, {-0.1, 0.2}, {0.2, 0.4}}, kRising));
  const PhasePoint& point = panels[0].points[0];
  CHECK(point.low < *point.found);
  CHECK(*point.found < point.high);
  CHECK(point.low == doctest::Approx(0.125));                   // the second seed alone: -.1 to .1
  CHECK(point.high == doctest::Approx(0.5 + 0.5 * 0.1 / 0.3));  // the first alone: -.1 to .2
}

TEST_CASE("[phase grid] one side may be better everywhere") {
  const auto panels = phase_panels(grid({{0.1}, {0.1}, {0.2}, {0.2}}, {{-0.1}, {-0.1}, {-0.2}, {-0.3}}));
  CHECK_FALSE(panels[0].points[0].found);
  CHECK(panels[0].points[0].above);
  CHECK_FALSE(panels[0].points[1].found);
  CHECK_FALSE(panels[0].points[1].above);
}

}  // namespace
}  // namespace loom::phase_grid_test
