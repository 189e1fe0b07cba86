// SPDX-License-Identifier: Apache-2.0
#include "harness/crossover.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "harness/random.h"

namespace loom::crossover_test {
namespace {

constexpr RootRange kRange = {0, 1, 0.005, 1e4};

TEST_CASE("[crossover] roots are found within the tolerance and in no more steps than bisection plus one") {
  const std::vector<std::function<double(double)>> shapes = {
      [](double x) { return x - 0.6592; }, [](double x) { return 0.1 - x * x * x; },
      [](double x) { return std::exp(8 * x) - 1500; }, [](double x) { return std::tanh(40 * (x - 0.03)); }};
  const double roots[] = {0.6592, std::cbrt(0.1), std::log(1500.0) / 8, 0.03};
  for (size_t i = 0; i < shapes.size(); ++i) {
    const RootSearch search = find_root(kRange, [&](double x) { return std::optional(shapes[i](x)); });
    CHECK(search.crosses);
    CHECK(search.missing.empty());
    CHECK(std::abs(search.found - roots[i]) <= 0.005);
    CHECK(search.probes.size() <= 2 + 8 + 1 + 1);  // both ends, log2(1 / .005), one more, one for rounding
  }
}

TEST_CASE("[crossover] a search that is resumed asks for the same probes") {
  const auto shape = [](double x) { return x * x - 0.3; };
  const RootSearch whole = find_root(kRange, [&](double x) { return std::optional(shape(x)); });
  std::map<double, double> known;
  RootSearch search;
  int rounds = 0;
  do {
    search = find_root(kRange, [&](double x) -> std::optional<double> {
      return known.contains(x) ? std::optional(known.at(x)) : std::nullopt;
    });
    if (rounds == 0) CHECK(search.missing == std::vector<double>{0, 1});
    for (const double x : search.missing) known[x] = shape(x);
  } while (!search.missing.empty() && ++rounds < 50);
  CHECK(search.probes == whole.probes);
  CHECK(search.found == whole.found);
  for (const double x : search.probes) CHECK(x == std::round(x * 1e4) / 1e4);
}

TEST_CASE("[crossover] equal signs at both ends are no crossover") {
  const RootSearch search = find_root(kRange, [](double x) { return std::optional(1 + x); });
  CHECK_FALSE(search.crosses);
  CHECK(search.missing.empty());
  CHECK(search.probes == std::vector<double>{0, 1});
}

TEST_CASE("[crossover] a zero at an end is found there") {
  CHECK(find_root(kRange, [](double x) { return std::optional(x); }).found == 0);
  CHECK(find_root(kRange, [](double x) { return std::optional(x - 1); }).found == 1);
}

// Differences slope * (x - root) + noise of the replicate, the noise shared by the probes.
std::vector<CrossoverProbe> probes(uint64_t seed, size_t replicates, double root, double deviation) {
  std::vector<CrossoverProbe> out;
  for (const double at : {0.0, 0.4, 0.6, 0.605, 1.0}) {
    Stream stream(seed, "noise of the test");
    out.push_back({at, {}});
    for (size_t i = 0; i < replicates; ++i)
      out.back().differences.push_back(2 * (at - root) + deviation * stream.normal());
  }
  return out;
}

TEST_CASE("[crossover] intervals cover the root as often as they say") {
  int covered = 0;
  double width = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const auto drawn = probes(seed, 50, 0.6, 0.3);
    double found = 0.6;
    for (const double value : drawn[0].differences) found -= (value + 1.2) / 2 / 50;
    const Interval interval = crossover_interval(drawn, found, seed, 400, 0.95);
    covered += interval.low <= 0.6 && 0.6 <= interval.high;
    width += (interval.high - interval.low) / 400;
  }
  CHECK(covered >= 360);  // .95 of 400 less four standard errors is 362; the bootstrap of 50 is a little short
  CHECK(covered <= 396);
  CHECK(width == doctest::Approx(2 * 1.96 * 0.3 / 2 / std::sqrt(50.0)).epsilon(0.05));  // the delta method
}

TEST_CASE("[crossover] resamples without a zero count as the end they run out of") {
  const Interval interval = crossover_interval(probes(1, 8, 0.98, 1.5), 0.98, 0, 400, 0.95);
  CHECK(interval.high == 1);
  CHECK(interval.low < 0.98);
}

}  // namespace
}  // namespace loom::crossover_test
