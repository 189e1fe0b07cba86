// SPDX-License-Identifier: Apache-2.0
#include "harness/phase.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "tests/support/planted_fixture.h"

namespace loom::phase_test {
namespace {

struct Boundary {
  double samples, found, low, high, truth;
};

Json searched_suite(const std::string& label, double samples, double domains) {
  return {{"label", label},
          {"suite", {{"name", "linear"}, {"samples", samples}, {"domains", domains}, {"similarity", 0.5}}},
          {"search", {{"over", "similarity"}, {"between", {"pooled", "routed"}}, {"low", 0.0}, {"high", 1.0}}},
          {"arms",
           {{{"label", "pooled"}, {"component", {{"name", "least_squares"}, {"fit", "pooled"}}}},
            {{"label", "routed"}, {"component", {{"name", "least_squares"}, {"router_error", 0.1}}}}}}};
}

ResultStore store_of(const std::vector<Boundary>& points, double domains = 8) {
  ResultStore store;
  store.experiment = {{"suites", Json::array()}};
  store.searches = Json::array();
  for (const Boundary& point : points) {
    const std::string label = "linear " + std::to_string(point.samples) + " " + std::to_string(domains);
    store.experiment["suites"].push_back(searched_suite(label, point.samples, domains));
    store.searches.push_back({{"suite", label},
                              {"over", "similarity"},
                              {"between", {"pooled", "routed"}},
                              {"found", point.found},
                              {"low", point.low},
                              {"high", point.high},
                              {"true", point.truth},
                              {"sign_low", -1},
                              {"sign_high", 1}});
  }
  return store;
}

const std::vector<Boundary> kTwo = {{64, 0.8, 0.7, 0.9, 0.85}, {16, 0.5, 0.45, 0.55, 0.7}};

TEST_CASE("[phase] searches that differ in data are one panel, ascending; other settings are another") {
  ResultStore store = store_of(kTwo);
  const ResultStore more = store_of({{16, 0.3, 0.2, 0.4, 0.3}}, 4);
  store.experiment["suites"].push_back(more.experiment["suites"][0]);
  store.searches.push_back(more.searches[0]);
  const auto panels = phase_panels(store);
  REQUIRE(panels.size() == 1);  // one point is no map
  CHECK(panels[0].title == "linear domains=8 · pooled · routed router_error=0.1");
  CHECK(panels[0].above == "pooled");
  REQUIRE(panels[0].points.size() == 2);
  CHECK(panels[0].points[0].samples == 16);
  CHECK(panels[0].points[1].found.value() == 0.8);
  const PhaseAgreement both = agreement(panels);
  CHECK(both.boundaries == 2);
  CHECK(both.inside == 1);
}

TEST_CASE("[phase] the map as text, mark by mark") {
  const std::string text = phase_text(phase_panels(store_of(kTwo)));
  CHECK(text.find("1.00 |   +     +  \n") != std::string::npos);
  CHECK(text.find("     |   +     o  \n") != std::string::npos);  // .85: the closed form of the second
  CHECK(text.find("     |   +     #  \n") != std::string::npos);  // .80: its boundary
  CHECK(text.find("     |   o     :  \n") != std::string::npos);  // .70: closed form of the first, band of the second
  CHECK(text.find("0.50 |   #     -  \n") != std::string::npos);
  CHECK(text.find("16: 0.5000 [0.4500, 0.5500], by closed form 0.7000 (outside)") != std::string::npos);
  CHECK(text.find("inside the band at 1 of 2 boundaries") != std::string::npos);
}

TEST_CASE("[phase] without a boundary one side has the whole column") {
  ResultStore store = store_of(kTwo);
  store.searches[0]["found"] = store.searches[0]["low"] = store.searches[0]["high"] = nullptr;
  const auto panels = phase_panels(store);
  CHECK_FALSE(panels[0].points[1].found.has_value());
  CHECK(phase_text(panels).find("64: pooled is better everywhere") != std::string::npos);
  CHECK(agreement(panels).boundaries == 1);
  CHECK(phase_svg(panels).find(">+<") != std::string::npos);
}

TEST_CASE("[phase] the drawing escapes names") {
  ResultStore store = store_of(kTwo);
  for (Json& suite : store.experiment["suites"]) {
    suite["search"]["between"][0] = "<script>";
    suite["arms"][0]["label"] = "<script>";
  }
  for (Json& search : store.searches) search["between"][0] = "<script>";
  const std::string svg = phase_svg(phase_panels(store));
  CHECK(svg.find("<script>") == std::string::npos);
  CHECK(svg.find("&lt;script&gt;") != std::string::npos);
  CHECK(svg.starts_with("<svg "));
  CHECK(svg.ends_with("</svg>\n"));
}

TEST_CASE("[phase] a sweep in a suite's settings makes an entry for each value, told apart by its label") {
  const testing::ConfigFolder folder;
  const Experiment experiment = load_experiment(
      folder.write(
          "demo.yaml",
          "suites:\n  - {suite: {linear: {samples: {sweep: [20, 40]}, domains: {sweep: [4, 8]}}}, replicates: 5}\n"
          "  - {suite: {linear: {samples: {sweep: [20, 40]}}}, label: other, replicates: 5}\n"
          "arms: [{least_squares: {fit: pooled, label: pooled}}]\n"),
      {}, false, testing::planted_facts());
  REQUIRE(experiment.suites.size() == 6);
  CHECK(experiment.suites[0].label == "linear samples=20 domains=4");
  CHECK(experiment.suites[3].label == "linear samples=40 domains=8");
  CHECK(experiment.suites[3].suite.at("samples") == 40);
  CHECK(experiment.suites[5].label == "other samples=40");
}

}  // namespace
}  // namespace loom::phase_test
