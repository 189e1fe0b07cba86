// SPDX-License-Identifier: Apache-2.0
#include "harness/random.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace loom {
namespace random_test {
namespace {

// Sum of (observed - expected)^2 / expected; about `cells - 1` when all cells are equally likely.
template <class Counts>
double chi_square(const Counts& counts) {
  const double expected = std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
  double sum = 0;
  for (const double count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

// Five standard deviations above the mean of chi-square with `cells - 1` degrees of freedom.
double chi_square_limit(double cells) { return cells - 1 + 5 * std::sqrt(2 * (cells - 1)); }

// Known answers: computed apart from this code, by a few lines of Python integers. When one of them changes, every
// stored result loses its meaning: raise kSeedScheme with it.
TEST_CASE("[random] the streams of seed scheme 1 are pinned") {
  CHECK(kSeedScheme == 1);
  Stream init(0, "init");
  CHECK(init.next() == 0x725b4aebaae01833);
  CHECK(init.next() == 0x4a15ec9876f1e2ae);
  CHECK(init.next() == 0x5c5e933415c0d687);
  Stream order(1, "order", 2, 3);
  CHECK(order.next() == 0xad4bb7a9a4a8be88);
  CHECK(order.next() == 0x0a586cc4600c0b78);
  CHECK(order.next() == 0x3a0ea65bb745df14);
}

TEST_CASE("[random] what is derived from the streams is pinned too") {
  CHECK(Stream(0, "init").uniform() == 0.4467055154190124);
  CHECK(Stream(0, "normal").normal() == doctest::Approx(-1.4792839536800937).epsilon(1e-14));
  CHECK(permutation(8, Stream(7, "permutation")) == std::vector<int64_t>{2, 3, 4, 6, 5, 1, 0, 7});
}

TEST_CASE("[random] a stream is a function of its key alone") {
  Stream first(5, "data", 1, 2), second(5, "data", 1, 2);
  for (int i = 0; i < 100; ++i) CHECK(first.next() == second.next());
}

TEST_CASE("[random] every part of the key matters, and so does its place") {
  std::set<uint64_t> seen;
  size_t keys = 0;
  for (const char* purpose : {"", "init", "order", "orders", "redro"}) {
    for (uint64_t seed = 0; seed < 8; ++seed) {
      for (uint64_t index = 0; index < 8; ++index) {
        for (uint64_t subindex = 0; subindex < 8; ++subindex, ++keys) {
          seen.insert(Stream(seed, purpose, index, subindex).next());
        }
      }
    }
  }
  CHECK(seen.size() == keys);
}

TEST_CASE("[random] streams of neighbouring indices are independent") {
  const size_t count = 20'000;
  for (const int part : {0, 1, 2}) {  // neighbours by seed, index, subindex
    std::vector<double> draws;
    for (uint64_t i = 0; i <= count; ++i) {
      draws.push_back(Stream(part == 0 ? i : 0, "x", part == 1 ? i : 0, part == 2 ? i : 0).uniform() - 0.5);
    }
    std::vector<double> cells(100);
    double covariance = 0;
    for (size_t i = 0; i < count; ++i) {
      covariance += draws[i] * draws[i + 1] / static_cast<double>(count);
      const auto row = static_cast<size_t>((draws[i] + 0.5) * 10),
                 column = static_cast<size_t>((draws[i + 1] + 0.5) * 10);
      ++cells[row * 10 + column];
    }
    // Var of a product of two centred uniforms is 1/144.
    CHECK(std::abs(covariance) < 5 * std::sqrt(1.0 / 144 / static_cast<double>(count)));
    CHECK(chi_square(cells) < chi_square_limit(100));
  }
}

TEST_CASE("[random] uniform fills [0, 1) evenly with the right moments") {
  const int count = 200'000;
  Stream stream(3, "uniform");
  std::array<double, 64> cells{};
  double sum = 0, squares = 0;
  for (int i = 0; i < count; ++i) {
    const double value = stream.uniform();
    REQUIRE(value >= 0);
    REQUIRE(value < 1);
    ++cells[static_cast<size_t>(value * 64)];
    sum += value;
    squares += value * value;
  }
  CHECK(chi_square(cells) < chi_square_limit(64));
  CHECK(std::abs(sum / count - 1.0 / 2) < 5 * std::sqrt(1.0 / 12 / count));
  CHECK(std::abs(squares / count - 1.0 / 3) < 5 * std::sqrt(4.0 / 45 / count));
}

TEST_CASE("[random] normal has the moments 0, 1, 0, 3 and its share beyond two") {
  const int count = 200'000;
  Stream stream(3, "normal");
  std::array<double, 5> moments{};
  double beyond_two = 0;
  for (int i = 0; i < count; ++i) {
    const double value = stream.normal();
    REQUIRE(std::isfinite(value));
    for (size_t power = 1; power < moments.size(); ++power) {
      moments[power] += std::pow(value, static_cast<double>(power)) / count;
    }
    beyond_two += (std::abs(value) > 2) * 1.0 / count;
  }
  const std::array<double, 5> expected = {0, 0, 1, 0, 3}, variance = {0, 1, 2, 15, 96};  // of x^k: E x^2k - (E x^k)^2
  for (size_t power = 1; power < moments.size(); ++power) {
    CHECK(std::abs(moments[power] - expected[power]) < 5 * std::sqrt(variance[power] / count));
  }
  const double share = std::erfc(std::sqrt(2.0));
  CHECK(std::abs(beyond_two - share) < 5 * std::sqrt(share * (1 - share) / count));
}

TEST_CASE("[random] below is even for small bounds and for one that modulo alone would bend") {
  Stream stream(4, "below");
  std::array<double, 7> cells{};
  for (int i = 0; i < 70'000; ++i) ++cells[stream.below(7)];
  CHECK(chi_square(cells) < chi_square_limit(7));
  CHECK(stream.below(1) == 0);
  // With bound 3 * 2^62 plain modulo gives the lowest third half of all draws.
  const uint64_t third = uint64_t{1} << 62;
  std::array<double, 3> thirds{};
  for (int i = 0; i < 30'000; ++i) ++thirds[stream.below(3 * third) / third];
  CHECK(chi_square(thirds) < chi_square_limit(3));
  CHECK_THROWS_AS(stream.below(0), std::logic_error);
}

TEST_CASE("[random] a permutation holds each index once") {
  for (const int64_t count : {0, 1, 2, 3, 17, 1000}) {
    std::vector<int64_t> order = permutation(count, Stream(1, "order", static_cast<uint64_t>(count)));
    std::sort(order.begin(), order.end());
    std::vector<int64_t> identity(static_cast<size_t>(count));
    std::iota(identity.begin(), identity.end(), 0);
    CHECK(order == identity);
  }
  CHECK_THROWS_AS(permutation(-1, Stream(1, "order")), std::logic_error);
}

TEST_CASE("[random] the 24 permutations of four are equally likely") {
  std::array<double, 24> cells{};
  for (uint64_t draw = 0; draw < 24'000; ++draw) {
    const std::vector<int64_t> order = permutation(4, Stream(2, "order", draw));
    std::vector<int64_t> walk = {0, 1, 2, 3};
    size_t rank = 0;
    while (walk != order) ++rank, std::next_permutation(walk.begin(), walk.end());
    ++cells[rank];
  }
  CHECK(chi_square(cells) < chi_square_limit(24));
}

TEST_CASE("[random] filling scales the draws of the stream, one each") {
  std::vector<float> uniform(1000), normal(1000);
  fill_uniform(uniform, 0.25, Stream(1, "fill"));
  fill_normal(normal, 0.02, Stream(1, "fill"));
  Stream draws(1, "fill"), normals(1, "fill");
  for (size_t i = 0; i < uniform.size(); ++i) {
    CHECK(uniform[i] == doctest::Approx(0.25 * (2 * draws.uniform() - 1)));
    CHECK(std::abs(uniform[i]) <= 0.25f);
    CHECK(normal[i] == doctest::Approx(0.02 * normals.normal()));
  }
}

}  // namespace
}  // namespace random_test
}  // namespace loom
