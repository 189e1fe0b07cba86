// SPDX-License-Identifier: Apache-2.0
#include "harness/stitch.h"

#include <doctest/doctest.h>

using namespace loom;

namespace loom::stitch_test {
namespace {

Array array(std::vector<int64_t> shape, std::vector<float> values) { return make_f32(std::move(shape), values.data()); }

}  // namespace
}  // namespace loom::stitch_test

using stitch_test::array;

TEST_CASE("[stitch] slots stand side by side, the rest is averaged, a gate keeps its start") {
  const std::vector<Arrays> parents = {{{"slot", array({1, 2}, {1, 2})}, {"head", array({2}, {0, 4})}},
                                       {{"slot", array({1, 2}, {3, 4})}, {"head", array({2}, {2, 8})}}};
  Arrays weights = {{"slot", array({2, 1, 2}, {9, 9, 9, 9})}, {"head", array({2}, {9, 9})}, {"gate", array({1}, {7})}};
  stitch(parents, weights);
  CHECK(as_f32(weights.at("slot")) == std::vector<float>{1, 2, 3, 4});
  CHECK(as_f32(weights.at("head")) == std::vector<float>{1, 6});
  CHECK(as_f32(weights.at("gate")) == std::vector<float>{7});
}

TEST_CASE("[stitch] the mean of one's own copies is oneself, in bits") {
  const Arrays one = {{"w", array({3}, {0.1F, -7.3F, 1e-30F})}};
  Arrays weights = {{"w", array({3}, {0, 0, 0})}};
  stitch(std::vector<Arrays>{one, one, one}, weights);
  CHECK(weights.at("w").bytes == one.at("w").bytes);
}

TEST_CASE("[stitch] with a scaling the first is a base, from which the others' differences are added by hand") {
  const std::vector<Arrays> parents = {{{"slot", array({1}, {1})}, {"head", array({2}, {1, 2})}},
                                       {{"slot", array({1}, {2})}, {"head", array({2}, {3, 2})}},
                                       {{"slot", array({1}, {3})}, {"head", array({2}, {0, 6})}}};
  Arrays weights = {{"slot", array({3, 1}, {9, 9, 9})}, {"head", array({2}, {9, 9})}};
  stitch(parents, weights, 0.25);
  CHECK(as_f32(weights.at("slot")) == std::vector<float>{1, 2, 3});
  CHECK(as_f32(weights.at("head")) == std::vector<float>{1.25F, 3});  // 1 + (2 - 1) / 4, 2 + (0 + 4) / 4
  stitch(parents, weights, 0.0);
  CHECK(weights.at("head").bytes == parents[0].at("head").bytes);
  stitch(parents, weights, 0.5);
  CHECK(as_f32(weights.at("head")) == std::vector<float>{1.5F, 4});  // the mean of the others
}

TEST_CASE("[stitch] another shape is a fault") {
  const Arrays one = {{"w", array({3}, {1, 2, 3})}};
  Arrays weights = {{"w", array({2, 3}, {0, 0, 0, 0, 0, 0})}};
  CHECK_THROWS(stitch(std::vector<Arrays>{one, one, one}, weights));
  CHECK_THROWS(stitch({}, weights));
}

TEST_CASE("[stitch] outer steps by hand: Nesterov's momentum on what the parties moved") {
  const Arrays start = {{"w", array({1}, {1})}};
  const auto round = [](float a, float b) {
    return std::vector<Arrays>{{{"w", array({1}, {a})}}, {{"w", array({1}, {b})}}};
  };
  // Round 1: gradient .5, velocity .5, step .5 (.5 + .25). Round 2: from .625, gradient .125, velocity .375.
  const std::vector<std::vector<Arrays>> rounds = {round(0.25F, 0.75F), round(0.5F, 0.5F)};
  const auto after = [&](size_t count, OuterStep step) {
    return as_f32(outer_steps(start, std::span(rounds).first(count), step).at("w"))[0];
  };
  CHECK(after(0, {0.5, 0.5}) == 1);
  CHECK(after(1, {0.5, 0.5}) == 0.625F);
  CHECK(after(2, {0.5, 0.5}) == 0.46875F);
  CHECK(after(2, {1, 0}) == 0.5F);  // the mean of the last round
}

TEST_CASE("[stitch] an outer rate of one without momentum is the mean in bits, however far it lies from the start") {
  const Arrays start = {{"w", array({3}, {1, -3e7F, 0.1F})}};
  const std::vector<Arrays> parties = {{{"w", array({3}, {1e-20F, 7.3F, 3e-9F})}},
                                       {{"w", array({3}, {3e-20F, 7.4F, 1e20F})}}};
  const std::vector<std::vector<Arrays>> rounds = {parties};
  CHECK(outer_steps(start, rounds, {1, 0}).at("w").bytes == mean_of(parties).at("w").bytes);
}

TEST_CASE(
    "[stitch] shares weigh the mean by hand, in proportion and whatever their sum; equal ones are none, in bits") {
  const std::vector<Arrays> parents = {{{"w", array({2}, {1, 8})}}, {{"w", array({2}, {5, 4})}}};
  const auto mean = [&](std::vector<double> shares) { return as_f32(mean_of(parents, shares).at("w")); };
  CHECK(mean({3, 1}) == std::vector<float>{2, 7});  // (3 x 1 + 5) / 4, (3 x 8 + 4) / 4
  CHECK(mean({0.75, 0.25}) == mean({3, 1}));
  CHECK(mean({0, 0.1}) == std::vector<float>{5, 4});
  Arrays weights = {{"w", array({2}, {9, 9})}};
  stitch(parents, weights, {}, std::vector<double>{1, 3});
  CHECK(as_f32(weights.at("w")) == std::vector<float>{4, 5});
  const std::vector<Arrays> odd = {
      {{"w", array({2}, {0.1F, 1e20F})}}, {{"w", array({2}, {-7.3F, 3e-9F})}}, {{"w", array({2}, {0.7F, 1})}}};
  CHECK(mean_of(odd, std::vector<double>(3, 1.0 / 3)).at("w").bytes == mean_of(odd).at("w").bytes);
  CHECK_THROWS(stitch(parents, weights, 0.5, std::vector<double>{1, 3}));
  for (const std::vector<double>& wrong : {std::vector<double>{1}, {0, 0}, {2, -1}}) CHECK_THROWS(mean(wrong));
}
