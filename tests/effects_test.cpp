// SPDX-License-Identifier: Apache-2.0
#include "harness/effects.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>

#include "harness/random.h"

using loom::Interval, loom::Stream;
using Values = std::vector<double>;

namespace {

// Share of draws whose interval holds the truth for normal arms of equal spread, `shift` apart; a pair of seeds shares
// the fraction `common` of its variance.
double improvement_coverage(size_t seeds, double shift, double common) {
  const double truth = std::erfc(-shift / 2) / 2;  // of a difference with variance 2
  double covered = 0;
  for (uint64_t draw = 0; draw < 1000; ++draw) {
    Stream stream(3, "improvement", seeds, draw);
    Values a(seeds), b(seeds);
    for (size_t s = 0; s < seeds; ++s) {
      const double both = std::sqrt(common) * stream.normal();
      a[s] = shift + both + std::sqrt(1 - common) * stream.normal();
      b[s] = both + std::sqrt(1 - common) * stream.normal();
    }
    const Interval interval = loom::improvement_interval(a, b);
    covered += interval.low <= truth && truth <= interval.high ? 1 : 0;
  }
  return covered / 1000;
}

// Two-sided p by walking all outcomes of `items` coins: those as far from even as the observed one.
double coins(int items, int heads) {
  double extreme = 0;
  for (uint32_t outcome = 0; outcome < uint32_t{1} << items; ++outcome) {
    const int other = std::popcount(outcome);
    extreme += std::abs(2 * other - items) >= std::abs(2 * heads - items) ? 1 : 0;
  }
  return std::ldexp(extreme, -items);
}

}  // namespace

TEST_CASE("[effects] probability of improvement counts pairs, ties as half") {
  // Pairs of {1, 3} against {1, 2, 4}: 1 ties 1, loses twice; 3 wins twice, loses once.
  CHECK(loom::probability_of_improvement(Values{1, 3}, Values{1, 2, 4}) == doctest::Approx((0.5 + 2) / 6));
  CHECK(loom::probability_of_improvement(Values{1, 2, 4}, Values{1, 3}) == doctest::Approx(1 - 2.5 / 6));
  CHECK(loom::probability_of_improvement(Values{5, 6}, Values{1}) == 1);
}

TEST_CASE("[effects] the interval of an improvement stays inside [0, 1] and mirrors with the arms") {
  const Values low = {1, 2, 3, 4}, high = {5, 6, 7};
  const Interval sure = loom::improvement_interval(high, low), never = loom::improvement_interval(low, high);
  CHECK(sure.high == 1);
  CHECK(sure.low < 0.9);  // four against three prove little
  CHECK(sure.low > 0.5);
  CHECK(never.low == 0);
  CHECK(never.high == doctest::Approx(1 - sure.low));
  CHECK(loom::improvement_interval(high, low, 0.8).low > sure.low);
  const Interval one = loom::improvement_interval(Values{1}, Values{1});
  CHECK(one.low + one.high == doctest::Approx(1));
  CHECK(one.low > 0);
}

TEST_CASE("[effects] the interval of an improvement covers, and is wide where seeds are paired") {
  for (size_t seeds : {6, 10}) {
    for (double shift : {0.0, 1.0, 2.5}) {
      CHECK(improvement_coverage(seeds, shift, 0) >= 0.93);
      CHECK(improvement_coverage(seeds, shift, 0) <= 0.98);
      CHECK(improvement_coverage(seeds, shift, 0.8) >= 0.95);
    }
  }
}

TEST_CASE("[effects] a performance profile counts runs above each threshold, seed by seed") {
  // Seed 0: .2 and .8; seed 1: .5 and .5. A tie with the threshold is not above it.
  const std::vector<Values> scores = {{0.2, 0.8}, {0.5, 0.5}};
  CHECK(loom::performance_profile(scores, Values{0, 0.2, 0.4, 0.5, 0.8}) == Values{1, 0.75, 0.75, 0.25, 0});
  // A domain without items leaves the others their full weight.
  CHECK(loom::performance_profile(std::vector<Values>{{NAN, 1, 0}, {NAN, 1, 1}}, Values{0.5}) == Values{0.75});
  CHECK(loom::performance_profile(scores, Values{}).empty());
  CHECK_THROWS(loom::performance_profile(std::vector<Values>{}, Values{0.5}));
  CHECK_THROWS(loom::performance_profile(std::vector<Values>{{1}, {NAN}}, Values{0.5}));
}

TEST_CASE("[effects] the area under a profile of scores in [0, 1] is their mean") {
  Stream stream(1, "profile");
  std::vector<Values> scores(5, Values(4));
  double sum = 0;
  for (auto& seed : scores) {
    for (double& score : seed) sum += score = stream.uniform();
  }
  Values thresholds(20000);
  for (size_t i = 0; i < thresholds.size(); ++i) thresholds[i] = (double(i) + 0.5) / 20000;
  CHECK(std::abs(loom::mean(loom::performance_profile(scores, thresholds)) - sum / 20) < 1e-4);
}

TEST_CASE("[effects] McNemar's p is that of all outcomes of fair coins") {
  for (int items = 0; items <= 14; ++items) {
    for (int heads = 0; heads <= items; ++heads) {
      CHECK(loom::mcnemar_exact(heads, items - heads) == doctest::Approx(coins(items, heads)));
    }
  }
  CHECK_THROWS(loom::mcnemar_exact(-1, 2));
}
