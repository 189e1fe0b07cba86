// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/combiner.h"

namespace loom::lost_member_test {
namespace {

std::vector<float> gate(Json options, std::vector<int32_t> domains, const std::vector<float>& opinion = {}) {
  const auto combiner = build_combiner(options);
  const auto rows = static_cast<int64_t>(domains.size());
  std::vector<float> weights(static_cast<size_t>(rows * 3));
  GateInput input{.rows = rows, .members = 3, .domain = domains, .router_log_probs = opinion, .key = {}};
  combiner->gate(input, weights);
  return weights;
}

TEST_CASE("[lost] without a number nothing is lost") {
  CHECK(gate({{"name", "oracle"}}, {2, 0}) == std::vector<float>{0, 0, 1, 1, 0, 0});
}

TEST_CASE("[lost] a one-hot weight on the lost member goes to the others in equal parts") {
  CHECK(gate({{"name", "oracle"}, {"lost", 2}}, {2, 0}) == std::vector<float>{.5F, .5F, 0, 1, 0, 0});
}

TEST_CASE("[lost] a uniform ensemble of three that lost one is one of two") {
  const std::vector<float> weights = gate({{"name", "uniform_ensemble"}, {"lost", 0}}, {1});
  CHECK(weights[0] == 0);
  CHECK(weights[1] == doctest::Approx(.5));
  CHECK(weights[2] == doctest::Approx(.5));
}

TEST_CASE("[lost] a hard router sends a lost member's items to its second choice, a soft one renormalises") {
  const std::vector<float> opinion = {std::log(.5F), std::log(.3F), std::log(.2F)};
  const auto router = [](const char* mode) {
    return Json{{"name", "router"}, {"mode", mode}, {"hidden", 4}, {"epochs", 1}, {"target", "domain"}, {"lost", 0}};
  };
  CHECK(gate(router("hard"), {0}, opinion) == std::vector<float>{0, 1, 0});
  const std::vector<float> soft = gate(router("soft"), {0}, opinion);
  CHECK(soft[0] == 0);
  CHECK(soft[1] == doctest::Approx(.6));
  CHECK(soft[2] == doctest::Approx(.4));
}

TEST_CASE("[lost] the posterior over the rest is the posterior without the member") {
  const std::vector<float> said = {-1, -2, -.5F, -3, -4, -.1F};  // [members 3, rows 1, steps 2]
  const std::vector<float> without = {said[0], said[1], said[4], said[5]};
  std::vector<float> three(6), two(4);
  build_combiner({{"name", "posterior_mixture"}, {"lost", 1}})->weigh({3, 1, 2, 256, said, {}}, three);
  build_combiner({{"name", "posterior_mixture"}})->weigh({2, 1, 2, 256, without, {}}, two);
  for (size_t step = 0; step < 2; ++step) {
    CHECK(three[step * 3 + 1] == 0);
    CHECK(three[step * 3] == doctest::Approx(two[step * 2]));
    CHECK(three[step * 3 + 2] == doctest::Approx(two[step * 2 + 1]));
  }
}

}  // namespace
}  // namespace loom::lost_member_test
