// SPDX-License-Identifier: Apache-2.0
// Combiners that read what all members said and fit nothing, by hand.
#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/combiner.h"

namespace loom::combiners_pool_test {
namespace {

// [members, rows 1, steps 1, outputs 3]
std::vector<double> combined(const char* name, const std::vector<std::vector<double>>& probabilities) {
  std::vector<float> log_probs;
  for (const auto& member : probabilities)
    for (const double p : member) log_probs.push_back(static_cast<float>(std::log(p)));
  std::vector<float> answer(3);
  build_combiner({{"name", name}})->combine({std::ssize(probabilities), 1, 1, 3, {}, log_probs}, answer);
  std::vector<double> out;
  for (const float value : answer) out.push_back(std::exp(static_cast<double>(value)));
  return out;
}

void check_near(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-5));
}

}  // namespace
}  // namespace loom::combiners_pool_test

using namespace loom;
using namespace loom::combiners_pool_test;

TEST_CASE("[product_of_experts] multiplies and normalises; agreement makes surer") {
  // Products .1, .12, .05.
  check_near(combined("product_of_experts", {{.5, .4, .1}, {.2, .3, .5}}), {.1 / .27, .12 / .27, .05 / .27});
  check_near(combined("product_of_experts", {{.6, .3, .1}, {.6, .3, .1}}), {.36 / .46, .09 / .46, .01 / .46});
  check_near(combined("product_of_experts", {{.6, .3, .1}}), {.6, .3, .1});
}

TEST_CASE("[logit_average] is the normalised geometric mean; of equal members it is one of them") {
  const double a = std::sqrt(.1), b = std::sqrt(.12), c = std::sqrt(.05), sum = a + b + c;
  check_near(combined("logit_average", {{.5, .4, .1}, {.2, .3, .5}}), {a / sum, b / sum, c / sum});
  check_near(combined("logit_average", {{.6, .3, .1}, {.6, .3, .1}, {.6, .3, .1}}), {.6, .3, .1});
}

TEST_CASE("[vote] counts first choices, one vote spread over all beforehand") {
  check_near(combined("vote", {{.5, .4, .1}, {.1, .2, .7}, {.4, .3, .3}}), {7. / 12, 1. / 12, 4. / 12});
}

TEST_CASE("[confidence] the surest answers, by its highest probability or by its entropy") {
  // First choices .6 and .55; entropies of (.6, .2, .2) and (.55, .45, 0): .95 and .69.
  const std::vector<float> highest = {static_cast<float>(std::log(.6)), static_cast<float>(std::log(.55))};
  const std::vector<float> entropy = {.95F, .69F};
  const auto weights = [&](const char* by) {
    std::vector<float> out(2);
    build_combiner({{"name", "confidence"}, {"by", by}})->weigh({2, 1, 1, 3, {}, {}, highest, entropy}, out);
    return out;
  };
  CHECK(weights("max_prob") == std::vector<float>{1, 0});
  CHECK(weights("entropy") == std::vector<float>{0, 1});
}
