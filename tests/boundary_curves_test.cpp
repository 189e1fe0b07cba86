// SPDX-License-Identifier: Apache-2.0
#include "harness/boundary_curves.h"

#include <doctest/doctest.h>

#include "harness/cli/suite_words.h"
#include "harness/suite_map.h"
#include "harness/world_suite.h"
#include "tests/phase_worlds.h"

namespace loom::boundary_curves_test {
namespace {

using phase_worlds::grid, phase_worlds::kRising;

// Distances fall with similarity; draws differ and average out.
Landmarks pretended(const Json& suite, uint64_t draw) {
  const double wobble = draw % 2 == 0 ? 0.01 : -0.01;
  return {.values = suite.at("samples").get<double>() * 0.7,
          .distance = 2 * (1 - suite.at("similarity").get<double>()) + wobble,
          .learner = "pretended"};
}

World drawn(const Json& component) {
  return find_suite_source(component.at("name").get<std::string>())->planted->draw(component, 0, 0);
}

TEST_CASE("[boundary curve] a phase boundary stands at what its worlds measure, by hand") {
  const auto curves = boundary_curves(grid(kRising, {{-0.3, -0.1}, {-0.2, 0.1}, {-0.1, 0.2}, {0.2, 0.4}}), pretended);
  REQUIRE(curves.size() == 1);
  CHECK(curves[0].columns == std::vector<std::string>{"serving"});
  CHECK_FALSE(curves[0].closed_form);
  REQUIRE(curves[0].points.size() == 2);
  const CurvePoint &small = curves[0].points[0], &large = curves[0].points[1];
  CHECK(small.values == doctest::Approx(70));
  CHECK(small.distance == doctest::Approx(2 * (1 - 0.375)));
  CHECK(small.nearest == doctest::Approx(small.distance));  // all seeds agree
  CHECK(large.values == doctest::Approx(700));
  CHECK(large.nearest < large.distance);
  CHECK(large.distance < large.furthest);
  CHECK(large.furthest == doctest::Approx(2 * (1 - 0.125)));  // the second seed alone
  CHECK(boundary_curve_from_json(to_json(curves[0])).points[1].furthest == large.furthest);
}

TEST_CASE("[boundary curve] a size of data without a boundary is left out, and one point is no curve") {
  CHECK(boundary_curves(grid({{0.1}, {0.1}, {0.2}, {0.2}}, kRising), pretended).empty());
}

TEST_CASE("[boundary curve] drawn worlds become the items that were drawn") {
  const World world = drawn(suite_of_words({"linear", "samples=24", "domains=3"}));
  const auto& regression = std::get<RegressionWorld>(world);
  const Suite suite = world_suite(world);
  const Items& items = suite.train_side();
  CHECK(items.count == 3 * 23);
  CHECK(suite.test_count() == 3);
  const auto width = static_cast<size_t>(regression.dimension);
  CHECK(items.values[0] == static_cast<float>(regression.domains[0].inputs[width]));  // item 1; 0 is the test's
  CHECK(items.target[23] == static_cast<float>(regression.domains[1].targets[1]));
  CHECK(items.domain[23] == 1);

  const World texts = drawn(suite_of_words({"markov", "samples=4000", "domains=2"}));
  const Suite windows = world_suite(texts);
  CHECK(windows.train_side().count == 2 * (4001 / 128 - 1));
  CHECK(windows.train_side().bytes[0] == std::get<SequenceWorld>(texts).domains[0].training[128]);
}

TEST_CASE("[boundary curve] the cheap learner sees how alike planted domains are") {
  const auto distance = [](const char* similarity) {
    return landmarks(world_suite(drawn(suite_of_words({"markov", "samples=32000", "domains=4", similarity})))).distance;
  };
  CHECK(distance("similarity=1") < 0.05);  // three times the text, the same language
  CHECK(distance("similarity=0") > distance("similarity=0.5") + 0.1);
}

TEST_CASE("[boundary curve] a map draws the curves that hold in its column") {
  PredictorCell cell;
  cell.suite = cell.group = "mine", cell.column = "serving", cell.verdict = "tied";
  cell.landmarks = {.values = 500, .distance = 0.4, .learner = "x"};
  const BoundaryCurve measured{
      .title = "nets <4>", .columns = {"serving"}, .points = {{100, 1, .9, 1.2}, {1000, .5, .4, .6}}};
  BoundaryCurve formula{.title = "worlds", .columns = {"free"}, .closed_form = true, .points = measured.points};
  const std::vector<PredictorCell> cells = {cell};
  auto maps = suite_maps(cells, std::array{measured, formula});
  REQUIRE(maps.size() == 1);
  REQUIRE(maps[0].curves.size() == 1);
  std::string text = map_text(maps[0]);
  CHECK(text.find("# boundary of planted networks") != std::string::npos);
  CHECK(text.find("by closed form") == std::string::npos);
  CHECK(text.find("= mine") != std::string::npos);
  CHECK(maps_svg(maps).find("nets &lt;4&gt;") != std::string::npos);
  BoundaryCurve smaller = measured;
  smaller.share = 0.25;  // of another budget than the dots
  CHECK(suite_maps(cells, std::array{smaller})[0].curves.empty());
  formula.columns = {"free", "serving"}, formula.share = 0.25;  // a closed form holds at each
  maps = suite_maps(cells, std::array{measured, formula});
  CHECK(map_text(maps[0]).find("o boundary of planted worlds by closed form") != std::string::npos);
  CHECK(maps_svg(maps).find("class=\"truth\"") != std::string::npos);
}

}  // namespace
}  // namespace loom::boundary_curves_test
