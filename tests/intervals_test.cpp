// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "harness/random.h"
#include "harness/statistics.h"

using loom::CellTable, loom::Interval, loom::Stream;
using Values = std::vector<double>;

namespace {

bool covers(const Interval& interval, double value) { return interval.low <= value && value <= interval.high; }

// Standard deviations of a planted two-way model: sum / count = seed + group + noise, with mean 0.
struct Planted {
  int64_t seeds = 6, groups = 40, domains = 4;
  double seed_effect = 1, group_effect = 5, noise = 5;
  bool shared = true;  // every group occurs in every domain, else in one
};

CellTable planted(const Planted& model, Stream& stream) {
  CellTable table;
  table.seeds = model.seeds;
  table.domains = model.domains;
  Values effect;
  for (int32_t g = 0; g < model.groups; ++g) {
    const double value = model.group_effect * stream.normal();
    for (int32_t d = 0; d < model.domains; ++d) {
      if (!model.shared && g % model.domains != d) continue;
      table.group.push_back(1000 - 7 * g);
      table.domain.push_back(d);
      table.count.push_back(4);
      effect.push_back(value);
    }
  }
  table.cells = int64_t(effect.size());
  for (int64_t s = 0; s < model.seeds; ++s) {
    const double seed = model.seed_effect * stream.normal();
    Values noise(size_t(model.groups));
    for (double& value : noise) value = model.noise * stream.normal();
    for (size_t c = 0; c < effect.size(); ++c) {
      const auto g = size_t((1000 - table.group[c]) / 7);
      table.sum.push_back(4 * (seed + effect[c] + noise[g]));
    }
  }
  return table;
}

double coverage(const Planted& model, int draws) {
  double covered = 0;
  for (int draw = 0; draw < draws; ++draw) {
    Stream stream(1, "coverage", uint64_t(draw));
    covered += covers(loom::crossed_interval(planted(model, stream), 1), 0) ? 1 : 0;
  }
  return covered / draws;
}

// Two runs of one architecture: the groups' difficulty is common, seeds and noise are not.
std::pair<CellTable, CellTable> twins(const Planted& model, Stream& stream) {
  Planted own = model;
  own.group_effect = 0;
  CellTable a = planted(own, stream), b = planted(own, stream);
  Values difficulty(size_t(model.groups));
  for (double& value : difficulty) value = model.group_effect * stream.normal();
  for (size_t i = 0; i < a.sum.size(); ++i) {
    const double common = 4 * difficulty[size_t((1000 - a.group[i % a.group.size()]) / 7)];
    a.sum[i] += common;
    b.sum[i] += common;
  }
  return {a, b};
}

double half_width(const Interval& interval) { return (interval.high - interval.low) / 2; }

}  // namespace

TEST_CASE("[intervals] bootstrap-t covers the mean at few seeds") {
  for (size_t seeds : {6, 10}) {
    double covered = 0;
    for (uint64_t draw = 0; draw < 1000; ++draw) {
      Stream stream(5, "normal", seeds, draw);
      Values values(seeds);
      for (double& value : values) value = 3 + 2 * stream.normal();
      covered += covers(loom::bootstrap_t(values, draw, 500), 3) ? 1 : 0;
    }
    CHECK(covered / 1000 >= 0.93);
    CHECK(covered / 1000 <= 0.97);
  }
}

TEST_CASE("[intervals] bootstrap-t moves and scales with the data and leans with their skew") {
  const Values values = {1, 2, 3, 5, 8, 30};
  const Interval base = loom::bootstrap_t(values, 1);
  Values other = values;
  for (double& value : other) value = 10 - 2 * value;
  const Interval mirrored = loom::bootstrap_t(other, 1);
  CHECK(mirrored.low == doctest::Approx(10 - 2 * base.high));
  CHECK(mirrored.high == doctest::Approx(10 - 2 * base.low));
  const double centre = loom::mean(values);
  CHECK(base.high - centre > 2 * (centre - base.low));  // a t interval would be symmetric
}

TEST_CASE("[intervals] bootstrap-t is a t interval below four values and a point for constant ones") {
  const Interval three = loom::bootstrap_t(Values{1, 2, 4}, 1), t = loom::t_interval(Values{1, 2, 4});
  CHECK(three.low == t.low);
  CHECK(three.high == t.high);
  const Interval constant = loom::bootstrap_t(Values(6, 0.1), 1);
  CHECK(constant.low == doctest::Approx(0.1));
  CHECK(constant.high == constant.low);
}

TEST_CASE("[intervals] the score of a table is the macro mean, averaged over seeds") {
  // Seed 0: (1 + 2) / 4 and 3 / 6; seed 1: (2 + 2) / 4 and 0 / 6. Domain 1 has no cell.
  const CellTable table{2, 3, 3, {1, 2, 3, 2, 2, 0}, {1, 3, 6}, {0, 0, 2}, {4, 9, 4}};
  CHECK(loom::score(table) == doctest::Approx(((0.75 + 0.5) / 2 + (1.0 + 0.0) / 2) / 2));
  const Interval interval = loom::crossed_interval(table, 1);
  CHECK((interval.low + interval.high) / 2 == doctest::Approx(loom::score(table)));
}

TEST_CASE("[intervals] without noise the crossed variance is that of seeds plus that of groups") {
  // sum = seed + group: seeds {0, 2}, groups {0, 3, 6}, counts 1. Variances 2 / 2 and 9 / 3, degrees 1 and 2, no
  // overlap.
  CellTable table{2, 3, 1, {0, 3, 6, 2, 5, 8}, {1, 1, 1}, {0, 0, 0}, {1, 2, 3}};
  const double degrees = 16 / (1.0 / 1 + 9.0 / 2);
  CHECK(half_width(loom::crossed_interval(table, 1)) == doctest::Approx(loom::student_t_quantile(0.975, degrees) * 2));
  // One seed: the groups alone, a t interval of their values.
  const CellTable one{1, 3, 1, {0, 3, 6}, {1, 1, 1}, {0, 0, 0}, {1, 2, 3}};
  CHECK(half_width(loom::crossed_interval(one, 1)) == doctest::Approx(half_width(loom::t_interval(Values{0, 3, 6}))));
  // One group: the seeds alone. One of each: nothing is known.
  const CellTable seeds{3, 1, 1, {2, 6, 10}, {2}, {0}, {1}};
  CHECK(half_width(loom::crossed_interval(seeds, 1)) == doctest::Approx(half_width(loom::t_interval(Values{1, 3, 5}))));
  CHECK(std::isinf(loom::crossed_interval(CellTable{1, 1, 1, {2}, {2}, {0}, {1}}, 1).high));
}

TEST_CASE("[intervals] with noise the crossed variance is that of a two-way analysis of variance") {
  // Group effects are evenly spaced, so that all groups count; mean squares as in any textbook, table of 5 x 12.
  Stream stream(6, "anova");
  CellTable table{5, 12, 1, Values(60), Values(12, 1.0), std::vector<int32_t>(12, 0), std::vector<int32_t>(12)};
  Values row(5), column(12);
  for (size_t i = 0; i < 60; ++i) {
    table.group[i % 12] = int32_t(i % 12);
    table.sum[i] = double(i / 12) + double(i % 12) / 4 + 2 * stream.normal();
    row[i / 12] += table.sum[i] / 12;
    column[i % 12] += table.sum[i] / 5;
  }
  const double centre = loom::mean(row);
  const double seeds = 12 * std::pow(loom::standard_deviation(row), 2);
  const double groups = 5 * std::pow(loom::standard_deviation(column), 2);
  double rest = 0;
  for (size_t i = 0; i < 60; ++i) rest += std::pow(table.sum[i] - row[i / 12] - column[i % 12] + centre, 2) / 44;
  REQUIRE(std::min(seeds, groups) > 1.5 * rest);  // else the variance is not this difference
  const double variance = seeds + groups - rest;
  const double degrees = variance * variance / (seeds * seeds / 4 + groups * groups / 11 + rest * rest / 44);
  const double expected = loom::student_t_quantile(0.975, degrees) * std::sqrt(variance / 60);
  CHECK(half_width(loom::crossed_interval(table, 1)) == doctest::Approx(expected));
}

// One domain, groups of one item: m[g], and a noise e[g] that changes its sign from seed to seed.
TEST_CASE("[intervals] endless seeds leave the groups' variance, of which the noise that seeds average is taken out") {
  const Values m = {0.1, 0.9, 0.4, 0.2, 0.6, 0.8, 0.3, 0.5}, e = {0.2, -0.1, 0.3, 0, -0.2, 0.1, -0.3, 0.2};
  for (const double noise : {0.0, 1.0, 9.0}) {
    CellTable a{.seeds = 6, .cells = 8, .domains = 1, .sum = {}, .count = Values(8, 1), .domain = {}, .group = {}};
    for (int32_t g = 0; g < 8; ++g) a.domain.push_back(0), a.group.push_back(g);
    for (int seed = 0; seed < 6; ++seed)
      for (size_t g = 0; g < 8; ++g) a.sum.push_back(m[g] + (seed % 2 == 0 ? noise : -noise) * e[g]);
    CellTable b = a;
    std::ranges::fill(b.sum, 0.0);
    const double within = std::pow(noise * loom::standard_deviation(e), 2) / 5;  // of a mean of six seeds
    const double variance = (std::pow(loom::standard_deviation(m), 2) - within) / 8;
    const loom::GroupError error = loom::group_error(a, b);
    CHECK(error.standard_error == doctest::Approx(std::sqrt(std::max(0.0, variance))));
    if (noise > 0) continue;
    const Interval whole = loom::crossed_interval(a, b, 0, 0, 0.9);  // seeds that do not differ add nothing
    CHECK(loom::half_width(error, 0.9) == doctest::Approx((whole.high - whole.low) / 2));
  }
}

TEST_CASE("[intervals] one seed or one group does not tell what test groups leave") {
  CellTable one{
      .seeds = 1, .cells = 2, .domains = 1, .sum = {0, 1}, .count = {1, 1}, .domain = {0, 0}, .group = {0, 1}};
  CHECK(loom::group_error(one, one).standard_error == 0);
  CellTable alone{.seeds = 2, .cells = 1, .domains = 1, .sum = {0, 1}, .count = {1}, .domain = {0}, .group = {0}};
  CHECK(loom::half_width(loom::group_error(alone, alone)) == 0);
}

TEST_CASE("[intervals] a group shared by domains is kept whole") {
  // Two domains repeat each other: as shared groups they tell no more than one; as groups of their own, twice as much.
  const Values once = {0, 3, 6, 1, 5, 2};
  CellTable one{1, 6, 1, once, Values(6, 1.0), std::vector<int32_t>(6, 0), {1, 2, 3, 4, 5, 6}};
  CellTable shared = one;
  shared.cells = 12;
  shared.domains = 2;
  shared.sum.insert(shared.sum.end(), once.begin(), once.end());
  shared.count.assign(12, 1.0);
  shared.domain.insert(shared.domain.end(), 6, 1);
  CellTable separate = shared;
  shared.group.insert(shared.group.end(), one.group.begin(), one.group.end());
  for (int32_t id : one.group) separate.group.push_back(id + 6);
  const double width = half_width(loom::crossed_interval(one, 1));
  CHECK(half_width(loom::crossed_interval(shared, 1)) == doctest::Approx(width));
  const double critical = loom::student_t_quantile(0.975, 10) / loom::student_t_quantile(0.975, 5);
  CHECK(half_width(loom::crossed_interval(separate, 1)) == doctest::Approx(width / std::sqrt(2.0) * critical));
}

TEST_CASE("[intervals] neither the order of cells nor the ids of groups matter") {
  // Unequal counts, a domain of one group and one without items; ids without gaps, backwards, and far apart.
  constexpr size_t kCells = 61;
  Stream stream(7, "order");
  CellTable table{4, kCells, 4, Values(4 * kCells), Values(kCells), {}, {}};
  for (double& value : table.sum) value = stream.normal();
  for (size_t c = 0; c < kCells; ++c) {
    table.count[c] = c == 60 ? 0 : double(1 + c % 3);
    table.domain.push_back(c < 40 ? 0 : c < 59 ? 1 : c == 59 ? 2 : 3);
    table.group.push_back(int32_t(c < 40 ? c : c - 40));
  }
  const Interval base = loom::crossed_interval(table, 1);
  REQUIRE(std::isfinite(base.low));
  CellTable far = table, shuffled = table;
  for (int32_t& id : far.group) id = (id - 20) * 100'000'000;
  for (size_t c = 0; c < kCells; ++c) {
    const size_t from = c * 17 % kCells;  // coprime
    shuffled.count[c] = table.count[from];
    shuffled.domain[c] = table.domain[from];
    shuffled.group[c] = 100 - table.group[from];
    for (size_t s = 0; s < 4; ++s) shuffled.sum[s * kCells + c] = table.sum[s * kCells + from];
  }
  CHECK(loom::crossed_interval(far, 1).low == base.low);
  CHECK(loom::crossed_interval(shuffled, 1).low == doctest::Approx(base.low).epsilon(1e-12));
  CHECK(loom::crossed_interval(shuffled, 1).high == doctest::Approx(base.high).epsilon(1e-12));
  CHECK(loom::score(shuffled) == doctest::Approx(loom::score(table)).epsilon(1e-12));
}

TEST_CASE("[intervals] the crossed interval covers a planted two-way model") {
  for (int64_t groups : {40, 200}) {
    for (bool shared : {true, false}) {
      const Planted base{.groups = groups, .domains = 2, .shared = shared};
      for (auto [seed_effect, group_effect, noise] : {std::array{1.0, 5.0, 5.0}, {1.0, 0.0, 1.0}, {0.1, 5.0, 1.0}}) {
        Planted model = base;
        model.seed_effect = seed_effect;
        model.group_effect = group_effect;
        model.noise = noise;
        const double covered = coverage(model, 600);
        CAPTURE(groups);
        CAPTURE(seed_effect);
        CHECK(covered >= 0.93);
        CHECK(covered <= 0.98);
      }
    }
  }
}

TEST_CASE("[intervals] paired intervals and sign-flips of equal arms raise 5 percent false alarms") {
  const Planted model{.seeds = 10, .groups = 60, .domains = 2, .seed_effect = 1, .group_effect = 10, .noise = 2};
  double by_interval = 0, by_sign_flip = 0;
  for (uint64_t draw = 0; draw < 1000; ++draw) {
    Stream stream(2, "twins", draw);
    const auto [a, b] = twins(model, stream);
    by_interval += covers(loom::crossed_interval(a, b, draw), 0) ? 0 : 1;
    Values differences;
    for (size_t s = 0; s < 10; ++s) {
      double difference = 0;  // counts are equal and domains of equal size: the macro score is the plain mean
      for (size_t c = 0; c < a.group.size(); ++c)
        difference += a.sum[s * a.group.size() + c] - b.sum[s * a.group.size() + c];
      differences.push_back(difference);
    }
    by_sign_flip += loom::sign_flip(differences, draw) <= 0.05 ? 1 : 0;
  }
  CHECK(by_interval / 1000 >= 0.035);
  CHECK(by_interval / 1000 <= 0.065);
  CHECK(by_sign_flip / 1000 >= 0.035);
  CHECK(by_sign_flip / 1000 <= 0.065);
}

TEST_CASE("[intervals] pairing removes what both arms share and keeps what differs") {
  Stream stream(3, "pair");
  auto [a, b] = twins({.seeds = 6, .groups = 40, .group_effect = 50, .noise = 1}, stream);
  for (double& value : a.sum) value += 4 * 2.5;
  const Interval paired = loom::crossed_interval(a, b, 1);
  CHECK((paired.low + paired.high) / 2 == doctest::Approx(loom::score(a) - loom::score(b)));
  CHECK(half_width(paired) < half_width(loom::crossed_interval(a, 1)) / 4);
  const Interval nothing = loom::crossed_interval(a, a, 1);
  CHECK(nothing.low == 0);
  CHECK(nothing.high == 0);
  b.group[0] += 1;
  CHECK_THROWS(loom::crossed_interval(a, b, 1));
}

TEST_CASE("[intervals] a crossed interval of 10 seeds and 7188 cells takes under 50 ms") {
  Stream stream(4, "speed");
  const CellTable table = planted({.seeds = 10, .groups = 1797}, stream);
  const auto start = std::chrono::steady_clock::now();
  loom::crossed_interval(table, 1);
  CHECK(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < 0.05);
}
