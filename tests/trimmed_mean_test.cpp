// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/combiner.h"

namespace loom::trimmed_mean_test {
namespace {

std::vector<double> trimmed(int64_t trim, const std::vector<std::vector<double>>& probabilities) {
  std::vector<float> log_probs;
  for (const auto& member : probabilities)
    for (const double p : member) log_probs.push_back(static_cast<float>(std::log(p)));
  std::vector<float> answer(probabilities[0].size());
  build_combiner({{"name", "trimmed_mean"}, {"trim", trim}})
      ->combine({std::ssize(probabilities), 1, 1, std::ssize(answer), {}, log_probs}, answer);
  std::vector<double> out;
  for (const float value : answer) out.push_back(std::exp(static_cast<double>(value)));
  return out;
}

TEST_CASE("[trimmed_mean] extremes are left out of each output, by hand") {
  // Sorted: .1 .5 .6 .9 and .1 .4 .5 .9; the middles' means are .55 and .45.
  const auto found = trimmed(1, {{.5, .5}, {.6, .4}, {.9, .1}, {.1, .9}});
  CHECK(found[0] == doctest::Approx(.55).epsilon(1e-5));
  CHECK(found[1] == doctest::Approx(.45).epsilon(1e-5));
}

TEST_CASE("[trimmed_mean] nothing trimmed is the mean, and of two members both stay") {
  for (const int64_t trim : {0, 1}) CHECK(trimmed(trim, {{.8, .2}, {.4, .6}})[0] == doctest::Approx(.6).epsilon(1e-5));
  CHECK(trimmed(0, {{.8, .2}, {.4, .6}, {.3, .7}})[0] == doctest::Approx(.5).epsilon(1e-5));
}

TEST_CASE("[trimmed_mean] one hostile member among four moves it less than any honest one is away") {
  const std::vector<std::vector<double>> honest = {{.7, .3}, {.8, .2}, {.75, .25}};
  for (const double lie : {1e-6, .999999}) {
    auto all = honest;
    all.push_back({lie, 1 - lie});
    const double answer = trimmed(1, all)[0];
    CHECK(answer >= .7 - 1e-6);
    CHECK(answer <= .8 + 1e-6);
  }
}

}  // namespace
}  // namespace loom::trimmed_mean_test
