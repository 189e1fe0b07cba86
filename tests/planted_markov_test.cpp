// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "harness/statistics.h"
#include "tests/support/planted_fixture.h"

// G3 of the planted suites: Markov chains with known entropies.
namespace loom::planted_markov_test {
namespace {

using testing::closed_form;
using testing::planted;

Json arm(const std::string& fit, double router_error = 0, int64_t window = 64) {
  return {{"name", "count_model"}, {"fit", fit}, {"router_error", router_error}, {"window", window}, {"windows", 64}};
}

Json setting(double similarity, int64_t samples = 4000, int64_t symbols = 16, int64_t domains = 8) {
  return {{"name", "markov"},   {"symbols", symbols},   {"samples", samples},
          {"domains", domains}, {"concentration", 0.5}, {"similarity", similarity}};
}

SequenceWorld draw(const Json& options, int64_t replicate = 0) {
  return std::get<SequenceWorld>(planted("markov").draw(options, 7, replicate));
}

std::vector<double> fit(const Json& component, const World& world) {
  return closed_form("count_model").fit(component, world);
}

double average_excess(const Json& component, const Json& options, int64_t replicates) {
  std::vector<double> scores;
  for (int64_t r = 0; r < replicates; ++r) scores.push_back(mean(fit(component, draw(options, r))));
  return mean(scores);
}

TEST_CASE("[planted markov] the stationary distribution of two symbols is as solved by hand") {
  const Chain chain = make_chain(2, {0.7, 0.3, 0.1, 0.9});  // 0.3 out of 0, 0.1 out of 1
  CHECK(chain.stationary[0] == doctest::Approx(0.25).epsilon(1e-14));
  CHECK(chain.stationary[1] == doctest::Approx(0.75).epsilon(1e-14));
}

TEST_CASE("[planted markov] the stationary distribution stays where the chain takes it") {
  const SequenceWorld world = draw(setting(0.3));
  for (const auto& domain : world.domains)
    for (size_t t = 0; t < 16; ++t) {
      double next = 0;
      for (size_t s = 0; s < 16; ++s) next += domain.chain.stationary[s] * domain.chain.transition[s * 16 + t];
      CHECK(next == doctest::Approx(domain.chain.stationary[t]).epsilon(1e-12));
    }
}

TEST_CASE("[planted markov] excess nats are those of enumerating every text") {
  const Chain chain = make_chain(2, {0.7, 0.3, 0.1, 0.9});
  const std::vector<double> table = {0.6, 0.4, 0.25, 0.75};
  constexpr int kLength = 10;
  double total = 0;  // KL of all texts of 10 symbols, first one free: 9 transitions
  for (int text = 0; text < 1 << kLength; ++text) {
    const auto symbol = [&](int i) { return static_cast<size_t>(text >> i & 1); };
    double probability = chain.stationary[symbol(0)], ratio = 0;
    for (int i = 1; i < kLength; ++i) {
      const size_t cell = symbol(i - 1) * 2 + symbol(i);
      probability *= chain.transition[cell];
      ratio += std::log(chain.transition[cell] / table[cell]);
    }
    total += probability * ratio;
  }
  CHECK(chain.excess_nats(table) == doctest::Approx(total / (kLength - 1)).epsilon(1e-12));
  CHECK(chain.excess_nats(chain.transition) == doctest::Approx(0).epsilon(1e-15));
}

TEST_CASE("[planted markov] counts plus a half, by hand") {
  SequenceWorld world{2, 4, {}, 0, 0};
  const Chain chain = make_chain(2, {0.5, 0.5, 0.5, 0.5});
  world.domains.push_back({chain, {0, 0, 1, 0, 1}});  // from 0: once 0, twice 1; from 1: once 0
  const std::vector<double> table = {1.5 / 4, 2.5 / 4, 1.5 / 2, 0.5 / 2};
  CHECK(fit(arm("pooled"), world)[0] == doctest::Approx(chain.excess_nats(table)).epsilon(1e-14));
}

// The closed form is the first term in 1/n, so its error shrinks with n; it is largest where all domains or none agree.
TEST_CASE("[planted markov] measured excess lies within .003 nats of the closed form, within .0005 at 16000 symbols") {
  for (const auto& [samples, similarities, bound] :
       {std::tuple{4000, std::vector{0.5, 0.8, 0.95}, 0.003}, std::tuple{16000, std::vector{0.0, 0.8, 1.0}, 0.0005}})
    for (const double similarity : similarities)
      for (const std::string kind : {"pooled", "domain"}) {
        const Json options = setting(similarity, samples);
        const double known = *planted("markov").expected(options, arm(kind), 7, 20);
        CAPTURE(samples);
        CAPTURE(similarity);
        CAPTURE(kind);
        CHECK(std::abs(average_excess(arm(kind), options, 20) - known) < bound);
      }
}

TEST_CASE("[planted markov] with one domain every way of counting is the same table") {
  const SequenceWorld world = draw(setting(0.5, 4000, 16, 1));
  const std::vector<double> pooled = fit(arm("pooled"), world);
  CHECK(fit(arm("domain"), world) == pooled);
  CHECK(fit(arm("domain", 0.5), world) == pooled);
  CHECK(fit(arm("posterior"), world)[0] == doctest::Approx(pooled[0]).epsilon(1e-12));
}

TEST_CASE("[planted markov] the posterior pays at most ln D in every window") {
  for (const double similarity : {0.0, 0.9}) {
    const SequenceWorld world = draw(setting(similarity));
    const std::vector<double> own = fit(arm("domain"), world);
    for (const int64_t window : {1, 8, 64}) {
      Json one = arm("posterior", 0, window);
      one["windows"] = 1;  // a single sequence for each domain: the bound holds for each of them
      const std::vector<double> mixed = fit(one, world);
      for (size_t d = 0; d < 8; ++d) CHECK(mixed[d] - own[d] <= std::log(8.0) / static_cast<double>(window) + 1e-12);
    }
  }
}

TEST_CASE("[planted markov] where domains differ the posterior pays about ln D for each window") {
  const Json options = setting(0);
  const double paid = average_excess(arm("posterior"), options, 20) - average_excess(arm("domain"), options, 20);
  CHECK(paid == doctest::Approx(std::log(8.0) / 64).epsilon(0.1));
}

TEST_CASE("[planted markov] texts follow the chain") {
  const SequenceWorld world = draw(setting(0.5, 200000, 4, 1));
  const Chain& chain = world.domains[0].chain;
  const std::vector<uint8_t>& text = world.domains[0].training;
  std::vector<double> seen(4), from(4);
  for (size_t i = 1; i < text.size(); ++i)
    if (text[i - 1] == 2) ++seen[text[i]];
  const double total = seen[0] + seen[1] + seen[2] + seen[3];
  for (size_t t = 0; t < 4; ++t) {
    const double p = chain.transition[2 * 4 + t];
    CHECK(std::abs(seen[t] / total - p) < 4 * std::sqrt(p * (1 - p) / total) + 1e-9);
  }
  CHECK(std::abs(total / 200000 - chain.stationary[2]) < 0.02);
}

TEST_CASE("[planted markov] too short texts are refused with the reason") {
  const auto reason = planted("markov").reject(setting(0.5, 3839));
  REQUIRE(reason.has_value());
  CHECK(reason->find("15 symbols^2 = 3840") != std::string::npos);
  CHECK_FALSE(planted("markov").reject(setting(0.5, 3840)).has_value());
}

}  // namespace
}  // namespace loom::planted_markov_test
