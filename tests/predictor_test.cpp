// SPDX-License-Identifier: Apache-2.0
#include "harness/predictor.h"

#include <doctest/doctest.h>

#include <cmath>

#include "harness/suite_map.h"

namespace loom::predictor_test {
namespace {

PredictorCell cell(const std::string& group, double distance, bool fabric, double values = 1000) {
  PredictorCell out;
  out.results = "r", out.suite = group, out.group = group, out.column = "serving";
  out.epochs = 4;
  out.verdict = fabric ? "fabric better" : "monolith better";
  out.landmarks = {.domains = 4, .items = values, .values = values, .distance = distance, .learner = "x"};
  return out;
}

// The fabric wins where domains lie more than 1 apart; a group for each of ten distances.
std::vector<PredictorCell> by_distance() {
  std::vector<PredictorCell> cells;
  for (int i = 0; i < 10; ++i) cells.push_back(cell("g" + std::to_string(i), 0.2 * i + 0.1, i >= 5));
  return cells;
}

TEST_CASE("[predictor] a sign that one number decides is learned, and where it turns is found") {
  const auto cells = by_distance();
  const SignModel model(cells);
  const auto x = [](double distance) { return Predictors::of(cell("g", distance, true).landmarks, 4, "serving"); };
  CHECK(model.probability(x(0.3)) < 0.3);
  CHECK(model.probability(x(1.8)) > 0.7);
  CHECK(model.flip(x(0.3), 1).value() == doctest::Approx(1.0).epsilon(0.02));  // halfway, by symmetry
  CHECK_FALSE(model.flip(x(0.3), 2));                                          // all have equal data
  const LeftOut left = leave_one_group_out(cells);
  CHECK(left.groups == 10);
  CHECK(left.right() >= 8);           // but perhaps the two beside the boundary
  CHECK(left.majority_right() == 0);  // five of the nine others are always of the other kind
}

TEST_CASE("[predictor] the gradient's zero: weights are the derivative of the penalised likelihood set to nothing") {
  const auto cells = by_distance();
  const SignModel model(cells);
  double mean = 0, spread = 0;
  for (const PredictorCell& one : cells) mean += one.landmarks.distance / 10;
  for (const PredictorCell& one : cells) spread += std::pow(one.landmarks.distance - mean, 2) / 10;
  double slope = model.weights()[1];
  for (const PredictorCell& one : cells) {
    const double sign = one.fabric() ? 1 : -1, z = (one.landmarks.distance - mean) / std::sqrt(spread);
    slope -= sign * z / (1 + std::exp(sign * (model.weights()[1] * z + model.weights().back())));
  }
  CHECK(slope == doctest::Approx(0).epsilon(1e-4));
}

TEST_CASE("[predictor] a group that is left out teaches nothing about itself") {
  auto cells = by_distance();
  const auto before = leave_one_group_out(cells);
  for (PredictorCell& one : cells)
    if (one.group == "g9") one.verdict = "monolith better";
  const auto after = leave_one_group_out(cells);
  CHECK(before.cells.back().probability == after.cells.back().probability);
  CHECK(before.cells.back().right);
  CHECK_FALSE(after.cells.back().right);
  CHECK(before.cells.front().probability != after.cells.front().probability);
}

TEST_CASE("[predictor] cells without a winner are not learned from") {
  auto cells = by_distance();
  const double before = SignModel(cells).probability(Predictors::of(cells[0].landmarks, 4, "serving"));
  PredictorCell tied = cell("g99", 5, true);
  tied.verdict = "tied";
  cells.push_back(tied);
  CHECK(SignModel(cells).probability(Predictors::of(cells[0].landmarks, 4, "serving")) == before);
  CHECK(leave_one_group_out(cells).cells.size() == 10);
}

TEST_CASE("[predictor] an interval over groups holds the probability, and is wide near the boundary") {
  const auto cells = by_distance();
  const auto x = [](double distance) { return Predictors::of(cell("g", distance, true).landmarks, 4, "serving"); };
  const SignBootstrap bootstrap(cells, 200);
  const Interval near = bootstrap.interval(x(1.0)), far = bootstrap.interval(x(1.9));
  CHECK(near.low < 0.5);
  CHECK(near.high > 0.5);
  CHECK(far.low > 0.5);
}

TEST_CASE("[predictor] a cell survives JSON") {
  const PredictorCell one = cell("g", 0.4, false);
  CHECK(to_json(predictor_cell_from_json(to_json(one))) == to_json(one));
}

TEST_CASE("[suite map] each suite once, with its verdict, in its column") {
  std::vector<PredictorCell> cells = {cell("left", 0.1, false), cell("right", 2.0, true, 50), cell("left", 0.1, true)};
  cells[2].column = "memory";
  PredictorCell small = cell("left@0.25", 0.1, true);
  small.share = 0.25;
  cells.push_back(small);
  const auto maps = suite_maps(cells);
  REQUIRE(maps.size() == 3);
  REQUIRE(maps[2].dots.size() == 1);  // another budget is another map, of the same suite
  CHECK(title_of(maps[2]) == "serving, budget x0.25");
  CHECK(maps[2].dots[0].name == "left");
  CHECK(maps[2].dots[0].mark == 'F');
  REQUIRE(maps[0].dots.size() == 2);
  CHECK(maps[0].dots[0].mark == 'M');
  CHECK(maps[0].dots[1].mark == 'F');
  const std::string text = map_text(maps[0]);
  CHECK(text.find("M left") != std::string::npos);
  CHECK(text.find("M left") < text.find(" F"));  // more data: further up
  const std::string svg = maps_svg(maps);
  CHECK(svg.find("class=\"monolith\">M<") != std::string::npos);
  CHECK(svg.find("memory") != std::string::npos);
}

}  // namespace
}  // namespace loom::predictor_test
