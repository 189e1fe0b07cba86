// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "harness/phase.h"
#include "tests/phase_worlds.h"

namespace loom::phase_grid_test {
namespace {

using phase_worlds::grid, phase_worlds::kRising;

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

TEST_CASE("[phase grid] each training budget has a map of its own") {
  ResultStore store = grid(kRising, kRising);
  phase_worlds::add_grid(store, {{-0.3}, {-0.2}, {-0.1}, {0.1}}, kRising, true, "@0.25");
  const auto panels = phase_panels(store);
  REQUIRE(panels.size() == 2);
  CHECK(panels[0].share == 1);
  CHECK(panels[0].points[0].found.value() == doctest::Approx(0.375));
  CHECK(panels[1].title == "teachers serving domains=4, budget x0.25");
  CHECK(panels[1].share == 0.25);
  CHECK(panels[1].points[0].found.value() == doctest::Approx(0.75));
  CHECK(panels[1].points[1].found.value() == doctest::Approx(0.375));
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
