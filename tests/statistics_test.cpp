// SPDX-License-Identifier: Apache-2.0
#include "harness/statistics.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "harness/random.h"

using loom::Interval, loom::Stream;
using Values = std::vector<double>;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A second way to every sign-flip p value: plain enumeration, t statistics, and for the step-down one enumeration per
// subset of arms not yet rejected.
double t_statistic(const Values& values) {
  const double spread = loom::standard_deviation(values);
  const double centre = std::abs(loom::mean(values));
  return spread == 0 ? (centre == 0 ? 0 : kInfinity) : centre * std::sqrt(double(values.size())) / spread;
}

Values flipped(Values values, uint64_t signs) {
  for (size_t i = 0; i < values.size(); ++i) values[i] *= (signs >> i & 1) != 0 ? -1 : 1;
  return values;
}

double brute_maximum_p(const std::vector<Values>& arms, double observed) {
  const uint64_t flips = uint64_t{1} << arms[0].size();
  double count = 0;
  for (uint64_t signs = 0; signs < flips; ++signs) {
    double largest = 0;
    for (const auto& arm : arms) largest = std::max(largest, t_statistic(flipped(arm, signs)));
    count += largest >= observed * (1 - 1e-9) ? 1 : 0;
  }
  return count / double(flips);
}

Values brute_step_down(std::vector<Values> arms) {
  std::vector<size_t> order(arms.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return t_statistic(arms[a]) > t_statistic(arms[b]); });
  Values result(arms.size());
  double running = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    std::vector<Values> rest;
    for (size_t later = rank; later < order.size(); ++later) rest.push_back(arms[order[later]]);
    running = std::max(running, brute_maximum_p(rest, t_statistic(arms[order[rank]])));
    result[order[rank]] = running;
  }
  return result;
}

std::vector<Values> random_arms(size_t arms, size_t seeds, double shift, uint64_t key) {
  Stream stream(key, "arms");
  std::vector<Values> result(arms, Values(seeds));
  for (auto& arm : result) {
    for (double& value : arm) value = stream.normal() + shift;
  }
  return result;
}

}  // namespace

TEST_CASE("[statistics] mean and standard deviation of a hand-worked sample") {
  const Values values = {2, 4, 4, 4, 5, 5, 7, 9};  // squares about 5 add up to 32
  CHECK(loom::mean(values) == 5);
  CHECK(loom::standard_deviation(values) == doctest::Approx(std::sqrt(32.0 / 7)));
  CHECK(loom::standard_deviation(Values{3}) == 0);
  CHECK(loom::standard_deviation(Values(7, 0.1)) == 0);  // exactly, although 7 * .1 rounds
  CHECK_THROWS(loom::mean(Values{}));
}

TEST_CASE("[statistics] the interquartile mean weighs the ends of the middle half") {
  CHECK(loom::interquartile_mean(Values{9}) == 9);
  CHECK(loom::interquartile_mean(Values{100, 1, 3, -50}) == 2);
  // Five values: the middle half is [1.25, 3.75], that is .75 of the second, the third, .75 of the fourth.
  CHECK(loom::interquartile_mean(Values{10, 20, 40, 80, 160}) == doctest::Approx((0.75 * 20 + 40 + 0.75 * 80) / 2.5));
  CHECK(loom::interquartile_mean(Values{kInfinity, 1, 3, 0}) == 2);
  CHECK(std::isnan(loom::interquartile_mean(Values{1, NAN, 2, 3})));
}

TEST_CASE("[statistics] quantiles interpolate between order statistics") {
  const Values values = {40, 10, 30, 20};  // type 7: position 3 * level on 10, 20, 30, 40
  CHECK(loom::quantile(values, 0) == 10);
  CHECK(loom::quantile(values, 1) == 40);
  CHECK(loom::quantile(values, 0.5) == 25);
  CHECK(loom::quantile(values, 0.25) == doctest::Approx(17.5));
  CHECK(loom::quantile(values, 0.9) == doctest::Approx(37));
  CHECK(loom::quantile({5}, 0.3) == 5);
  CHECK_THROWS(loom::quantile({}, 0.5));
}

TEST_CASE("[statistics] t quantiles have their closed forms at one and two degrees") {
  const double pi = std::acos(-1.0);
  for (double p : {0.025, 0.3, 0.9, 0.975}) {
    CHECK(loom::student_t_quantile(p, 1) == doctest::Approx(std::tan(pi * (p - 0.5))));
    CHECK(loom::student_t_quantile(p, 2) == doctest::Approx((2 * p - 1) / std::sqrt(2 * p * (1 - p))));
  }
}

TEST_CASE("[statistics] the t interval of three values has the closed form of two degrees") {
  const Interval interval = loom::t_interval(Values{1, 2, 3});  // sd 1, so half is t / sqrt 3
  const double critical = 0.95 / std::sqrt(2 * 0.975 * 0.025);
  CHECK(interval.low == doctest::Approx(2 - critical / std::sqrt(3.0)));
  CHECK(interval.high == doctest::Approx(2 + critical / std::sqrt(3.0)));
  CHECK(loom::t_interval(Values{1, 2, 3}, 0.9).high < interval.high);
  CHECK(loom::t_interval(Values{4}).low == -kInfinity);
  CHECK(loom::t_interval(Values{4}).high == kInfinity);
}

TEST_CASE("[statistics] sign-flip of equal signs is two flips in 2^n") {
  for (size_t seeds = 1; seeds <= 20; ++seeds) {
    Values values(seeds);
    for (size_t i = 0; i < seeds; ++i) values[i] = -0.1 * double(i + 1);
    CHECK(loom::sign_flip(values, 1) == std::ldexp(2.0, -int(seeds)));
  }
}

TEST_CASE("[statistics] sign-flip by hand: 1, 2, -3 and its ties") {
  // Sums of +-1 +-2 +-3: +-6, +-4, +-2, 0, 0. The observed sum is 0, so all flips reach it.
  CHECK(loom::sign_flip(Values{1, 2, -3}, 1) == 1);
  // Observed 4 (-1 +2 +3): reached by +-6 and +-4.
  CHECK(loom::sign_flip(Values{-1, 2, 3}, 1) == 4.0 / 8);
  // .1 + .2 and .3 differ in their last bit, yet are ties: the observed 0, and .7 against +-.7 + {+-.6 +-.4 +-.2 0 0}.
  CHECK(loom::sign_flip(Values{0.1, 0.2, -0.3}, 1) == 1);
  CHECK(loom::sign_flip(Values{-0.3, 0.1, 0.2, 0.7}, 1) == 10.0 / 16);
  CHECK(loom::sign_flip(Values{0, 0, 0, 0}, 1) == 1);
  CHECK(loom::sign_flip(Values{}, 1) == 1);
}

TEST_CASE("[statistics] sign-flip agrees with enumeration at every small n") {
  for (size_t seeds = 2; seeds <= 9; ++seeds) {
    const auto arm = random_arms(1, seeds, 0.5, seeds);
    CHECK(loom::sign_flip(arm[0], 3) == doctest::Approx(brute_maximum_p(arm, t_statistic(arm[0]))));
  }
}

TEST_CASE("[statistics] sign-flip does not depend on the scale, however small or large") {
  const auto values = random_arms(1, 8, 0.5, 5)[0];
  for (double scale : {1e-200, 1e-3, 1e200}) {
    Values other = values;
    for (double& value : other) value *= scale;
    CHECK(loom::sign_flip(other, 1) == loom::sign_flip(values, 1));
  }
}

TEST_CASE("[statistics] above 20 seeds a sign-flip takes 100,000 draws and never says zero") {
  CHECK(loom::sign_flip(Values(21, 1.0), 1) >= 1.0 / 100001);
  CHECK(loom::sign_flip(Values(70, 1.0), 1) == 1.0 / 100001);  // chance of another: 1e5 * 2^-69
  Values late(68, 0.0);  // four ones beyond the 64 signs of one random word: two flips in 16
  std::fill(late.begin() + 64, late.end(), 1.0);
  CHECK(loom::sign_flip(late, 1) == doctest::Approx(2.0 / 16).epsilon(0.05));
  const auto values = random_arms(1, 30, 0.3, 2)[0];
  const double p = loom::sign_flip(values, 7);
  CHECK(p == loom::sign_flip(values, 7));
  CHECK(p * 100001 == doctest::Approx(std::round(p * 100001)));
  // The normal limit of the flipped sum: p = erfc(|sum| / sqrt(2 sum of squares)).
  double sum = 0, squares = 0;
  for (double value : values) {
    sum += value;
    squares += value * value;
  }
  CHECK(p == doctest::Approx(std::erfc(std::abs(sum) / std::sqrt(2 * squares))).epsilon(0.1));
}

TEST_CASE("[statistics] a test of unknown differences is refused") {
  CHECK_THROWS(loom::sign_flip(Values{1, NAN, 2}, 1));
  CHECK_THROWS(loom::max_t_sign_flip(std::vector<Values>{{1, 2, 3}, {1, 2}}, 1));
}

TEST_CASE("[statistics] max-T of one arm is the sign-flip test") {
  for (size_t seeds : {6, 10, 24}) {
    const auto arm = random_arms(1, seeds, 0.4, seeds);
    CHECK(loom::max_t_sign_flip(arm, 9)[0] == loom::sign_flip(arm[0], 9));
  }
}

TEST_CASE("[statistics] max-T agrees with brute force on 3 arms and 5 seeds") {
  std::set<double> seen;
  for (uint64_t key = 0; key < 20; ++key) {
    auto arms = random_arms(3, 5, 0.7, key);
    for (size_t i = 0; i < 5; ++i) arms[2][i] *= 100;  // t does not know the scale
    const Values fast = loom::max_t_sign_flip(arms, 1), slow = brute_step_down(arms);
    for (size_t arm = 0; arm < 3; ++arm) CHECK(fast[arm] == doctest::Approx(slow[arm]));
    seen.insert(fast.begin(), fast.end());
  }
  CHECK(seen.size() > 8);
}

TEST_CASE("[statistics] the smallest max-T p is 2 / 2^n whatever the number of arms") {
  for (size_t count : {1, 3, 12, 40}) {
    auto arms = random_arms(count, 10, 0, count);
    for (size_t i = 0; i < 10; ++i) arms[0][i] = 1 + 0.01 * double(i);
    const Values p = loom::max_t_sign_flip(arms, 1);
    CHECK(p[0] == 2.0 / 1024);
    CHECK(*std::min_element(p.begin(), p.end()) == p[0]);
  }
}

// What the table's mark promises, and what it does not: ten arms that are equal, eight seeds, tested against whichever
// came out best. Arm 0 stands for the truly best one.
TEST_CASE("[statistics] against the best of the same data, the true best is seldom called worse; someone more often") {
  constexpr size_t kArms = 10, kSeeds = 8;
  constexpr int kTables = 400;
  int best_lost = 0, some_lost = 0;
  for (int table = 0; table < kTables; ++table) {
    Stream stream(4, "test/best", static_cast<uint64_t>(table));
    std::vector<Values> arms(kArms, Values(kSeeds));
    for (Values& arm : arms)
      for (double& value : arm) value = stream.normal();
    const auto by_mean = [](const Values& a, const Values& b) { return loom::mean(a) < loom::mean(b); };
    const Values best = *std::ranges::max_element(arms, by_mean);
    std::vector<Values> differences;
    for (const Values& arm : arms) {
      if (arm == best) continue;
      differences.emplace_back();
      for (size_t seed = 0; seed < kSeeds; ++seed) differences.back().push_back(best[seed] - arm[seed]);
    }
    const Values p = loom::max_t_sign_flip(differences, 0);
    best_lost += arms[0] != best && p[0] <= 0.05 ? 1 : 0;
    some_lost += *std::ranges::min_element(p) <= 0.05 ? 1 : 0;
  }
  CHECK(best_lost <= 0.05 * kTables);
  CHECK(some_lost > 0.08 * kTables);
}

TEST_CASE("[statistics] max-T keeps the order of the statistics and adds to plain p values only") {
  const auto arms = random_arms(5, 8, 0.5, 77);
  const Values p = loom::max_t_sign_flip(arms, 1);
  for (size_t a = 0; a < arms.size(); ++a) {
    CHECK(p[a] >= loom::sign_flip(arms[a], 1));
    for (size_t b = 0; b < arms.size(); ++b) CHECK((t_statistic(arms[a]) < t_statistic(arms[b]) || p[a] <= p[b]));
  }
  CHECK(loom::max_t_sign_flip(std::vector<Values>{{1, 2, 3}, {0, 0, 0}}, 1) == Values{0.25, 1});
  CHECK(loom::max_t_sign_flip(std::vector<Values>{}, 1).empty());
}

TEST_CASE("[statistics] Holm by hand") {
  // Sorted .01 .02 .03 .2 times 4 3 2 1: .04 .06 .06 .2, running maximum, back in place.
  const Values p = loom::holm(Values{0.03, 0.01, 0.2, 0.02}), expected = {0.06, 0.04, 0.2, 0.06};
  for (size_t i = 0; i < p.size(); ++i) CHECK(p[i] == doctest::Approx(expected[i]));
  CHECK(loom::holm(Values{0.6, 0.9}) == Values{1, 1});
  CHECK(loom::holm(Values{}).empty());
  CHECK_THROWS(loom::holm(Values{NAN}));
}

TEST_CASE("[statistics] Benjamini-Hochberg calls what its definition calls, at every level") {
  Stream stream(8, "discoveries");
  for (int round = 0; round < 50; ++round) {
    Values p(1 + stream.below(12));
    for (double& value : p) value = double(stream.below(64)) / 64;  // ties, zeros
    const Values adjusted = loom::benjamini_hochberg(p);
    Values sorted = p;
    std::sort(sorted.begin(), sorted.end());
    for (double level : {0.011, 0.05, 0.23, 0.51, 0.99}) {
      // The largest k with p_(k) <= level * k / m; all p up to that one are called.
      double called = -1;
      for (size_t k = 0; k < p.size(); ++k) {
        if (sorted[k] <= level * double(k + 1) / double(p.size())) called = sorted[k];
      }
      for (size_t i = 0; i < p.size(); ++i) CHECK((adjusted[i] <= level) == (p[i] <= called));
    }
  }
  CHECK(loom::benjamini_hochberg(Values{}).empty());
  CHECK_THROWS(loom::benjamini_hochberg(Values{0.5, NAN}));
}

TEST_CASE("[statistics] equivalent means strictly inside the margin on both sides") {
  CHECK(loom::equivalent({-0.9, 0.5}, 1));
  CHECK_FALSE(loom::equivalent({-1.1, 0.5}, 1));
  CHECK_FALSE(loom::equivalent({0.2, 1}, 1));
  CHECK_FALSE(loom::equivalent({2, 3}, 1));
  CHECK_FALSE(loom::equivalent({-kInfinity, kInfinity}, 1));
}

TEST_CASE("[statistics] the equivalence p is below .05 just where the 90 % t interval is inside the margin") {
  Stream stream(9, "equivalence");
  int inside = 0;
  for (int round = 0; round < 400; ++round) {
    Values values(2 + stream.below(10));
    for (double& value : values) value = 0.3 + stream.normal();
    const double margin = 0.1 + 2 * stream.uniform();
    const bool tied = loom::equivalent(loom::t_interval(values, 0.9), margin);
    CHECK((loom::equivalence_p(values, margin) < 0.05) == tied);
    inside += tied ? 1 : 0;
  }
  CHECK(inside > 40);
  CHECK(inside < 360);
}

TEST_CASE("[statistics] equivalence without a spread is certain, of one value unknown") {
  CHECK(loom::equivalence_p(Values{0.5, 0.5, 0.5}, 1) == 0);
  CHECK(loom::equivalence_p(Values{1, 1, 1}, 1) == 1);  // at the margin, not inside it
  CHECK(loom::equivalence_p(Values{-2, -2}, 1) == 1);
  CHECK(loom::equivalence_p(Values{0}, 1) == 1);
  CHECK_THROWS(loom::equivalence_p(Values{0, NAN}, 1));
  CHECK_THROWS(loom::equivalence_p(Values{0, 1}, 0));
}

TEST_CASE("[statistics] the Pareto front by hand: quality up, costs down") {
  const std::vector<Values> points = {{0.9, 10, 5}, {0.8, 10, 5},   {0.8, 9, 6},
                                      {0.9, 10, 5}, {0.95, 20, 20}, {0.99, NAN, 1}};
  CHECK(loom::pareto_front(points) ==
        std::vector<size_t>{0, 2, 3, 4});  // equal points stay, the unmeasured one does not
}

TEST_CASE("[statistics] every point off the Pareto front has a better one on it") {
  Stream stream(4, "points");
  std::vector<Values> points(60, Values(3));
  for (auto& point : points) {
    for (double& value : point) value = double(stream.below(8));
  }
  const auto front = loom::pareto_front(points);
  const auto no_worse = [&](size_t a, size_t b) {
    return points[a][0] >= points[b][0] && points[a][1] <= points[b][1] && points[a][2] <= points[b][2];
  };
  for (size_t i = 0; i < points.size(); ++i) {
    const bool kept = std::find(front.begin(), front.end(), i) != front.end();
    const bool beaten =
        std::any_of(front.begin(), front.end(), [&](size_t j) { return no_worse(j, i) && !no_worse(i, j); });
    CHECK(kept != beaten);
  }
}
