// SPDX-License-Identifier: Apache-2.0
#include "harness/power.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "harness/random.h"
#include "harness/statistics.h"

using loom::Stream;
using Values = std::vector<double>;

namespace {

Values drawn(size_t seeds, double effect, Stream& stream) {
  Values values(seeds);
  for (double& value : values) value = stream.normal() + effect;
  return values;
}

// Share of simulated studies of `seeds` in which a paired t test at .05 sees an effect of so many deviations.
double simulated_power(size_t seeds, double effect, int draws) {
  Stream stream(11, "power", seeds);
  double seen = 0;
  for (int draw = 0; draw < draws; ++draw) {
    const loom::Interval interval = loom::t_interval(drawn(seeds, effect, stream));
    seen += interval.low > 0 || interval.high < 0 ? 1 : 0;
  }
  return seen / draws;
}

double simulated_equivalence(size_t seeds, double margin, int draws) {
  Stream stream(12, "equivalence", seeds);
  double tied = 0;
  for (int draw = 0; draw < draws; ++draw) {
    tied += loom::equivalent(loom::t_interval(drawn(seeds, 0, stream), 0.9), margin) ? 1 : 0;
  }
  return tied / draws;
}

}  // namespace

TEST_CASE("[power] detectable effects match the published power table") {
  const std::vector<std::pair<int64_t, double>> at_05 = {{5, 1.68},  {6, 1.43},  {8, 1.16},
                                                         {10, 1.00}, {20, 0.66}, {32, 0.51}};
  const std::vector<std::pair<int64_t, double>> at_0025 = {{6, 2.86}, {10, 1.64}, {20, 0.98}};
  for (auto [seeds, expected] : at_05) CHECK(std::abs(loom::minimum_detectable_effect(seeds) - expected) < 0.02);
  for (auto [seeds, expected] : at_0025)
    CHECK(std::abs(loom::minimum_detectable_effect(seeds, 0.0025) - expected) < 0.02);
}

TEST_CASE("[power] a simulated study has the power stated") {
  for (int64_t seeds : {3, 6, 10}) {
    const double effect = loom::minimum_detectable_effect(seeds);
    CHECK(loom::paired_t_power(seeds, effect) == doctest::Approx(0.8));
    CHECK(std::abs(simulated_power(size_t(seeds), effect, 20000) - 0.8) < 0.012);  // 4 standard errors
    CHECK(std::abs(simulated_power(size_t(seeds), -0.5, 20000) - loom::paired_t_power(seeds, -0.5)) < 0.015);
  }
}

TEST_CASE("[power] without an effect the power is the level, with a huge one it is 1") {
  for (int64_t seeds : {2, 10, 300}) {
    CHECK(loom::paired_t_power(seeds, 0) == doctest::Approx(0.05));
    CHECK(loom::paired_t_power(seeds, 1e8) == doctest::Approx(1));
  }
  // Where the noncentral t hands over to its limit, nothing jumps: two seeds, a level whose t is 636,619.
  const double below = 0.9999e4 / std::sqrt(2.0), above = 1.0001e4 / std::sqrt(2.0);
  const double slope = loom::paired_t_power(2, above, 1e-6) / loom::paired_t_power(2, below, 1e-6);
  CHECK(slope == doctest::Approx(1.0001 / 0.9999).epsilon(1e-5));
}

TEST_CASE("[power] detectable effects scale with the spread") {
  const Values values = {1, 4, 2, 8, 5, 7};
  CHECK(loom::minimum_detectable_effect(values) ==
        doctest::Approx(loom::minimum_detectable_effect(6) * loom::standard_deviation(values)));
  CHECK(loom::minimum_detectable_effect(Values{1}) == std::numeric_limits<double>::infinity());
  CHECK(loom::minimum_detectable_effect(Values{2, 2, 2}) == 0);
}

TEST_CASE("[power] needed seeds are the first whose detectable effect is small enough") {
  for (double effect : {0.4, -0.75, 1.0, 2.5, 30.0}) {
    for (auto [level, power] : {std::pair{0.05, 0.8}, {0.01, 0.5}, {0.0025, 0.95}}) {
      int64_t seeds = 2;
      while (loom::minimum_detectable_effect(seeds, level, power) > std::abs(effect)) ++seeds;
      CHECK(loom::needed_seeds(1, effect, level, power) == seeds);
      CHECK(loom::needed_seeds(0.01, effect / 100, level, power) == seeds);
      CHECK(loom::paired_t_power(seeds, effect, level) >= power);
    }
  }
}

TEST_CASE("[power] where no seeds suffice there is no number, where nothing varies two do") {
  CHECK_FALSE(loom::needed_seeds(1, 0));
  CHECK_FALSE(loom::needed_seeds(1, 0.001));
  CHECK(loom::needed_seeds(0, 0.001) == 2);
  CHECK_FALSE(loom::needed_seeds_equivalence(1, 0.001));
  CHECK(loom::needed_seeds_equivalence(0, 0.001) == 2);
  CHECK_THROWS(loom::needed_seeds(1, 1, 0.05, 0.04));
  CHECK_THROWS(loom::needed_seeds_equivalence(1, 1, 0.05, 0.3));
}

TEST_CASE("[power] the power of an equivalence test is that of simulated studies") {
  for (auto [seeds, margin] : {std::pair{int64_t{4}, 2.0}, {11, 1.0}, {6, 0.8}, {2, 3.0}}) {
    const double simulated = simulated_equivalence(size_t(seeds), margin, 20000);
    CAPTURE(seeds);
    CHECK(std::abs(simulated - loom::equivalence_power(seeds, margin)) < 0.015);
  }
}

TEST_CASE("[power] seeds needed for equivalence match the published table and a plain scan") {
  const std::vector<std::pair<double, int64_t>> published = {{2, 4}, {1.5, 6}, {1, 11}, {0.5, 36}};
  for (auto [margin, seeds] : published) CHECK(loom::needed_seeds_equivalence(1, margin) == seeds);
  for (double margin : {0.35, 0.9, 4.0, 100.0}) {
    for (double power : {0.5, 0.8, 0.95}) {
      int64_t seeds = 2;
      while (loom::equivalence_power(seeds, margin, 0.01) < power) ++seeds;
      CHECK(loom::needed_seeds_equivalence(3, 3 * margin, 0.01, power) == seeds);
    }
  }
}
