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

TEST_CASE("[stitch] another shape is a fault") {
  const Arrays one = {{"w", array({3}, {1, 2, 3})}};
  Arrays weights = {{"w", array({2, 3}, {0, 0, 0, 0, 0, 0})}};
  CHECK_THROWS(stitch(std::vector<Arrays>{one, one, one}, weights));
  CHECK_THROWS(stitch({}, weights));
}
