// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/grid.h"
#include "harness/member_scores.h"
#include "harness/metrics.h"

namespace loom::item_metrics_test {
namespace {

constexpr float kNoNumber = std::numeric_limits<float>::quiet_NaN();

// Windows of four bytes, of which the last two are scored.
Outcomes windows(const std::vector<std::vector<int32_t>>& answers) {
  Outcomes o;
  o.items = static_cast<int64_t>(answers.size());
  o.steps = 4;
  o.outputs = 256;
  for (size_t i = 0; i < answers.size(); ++i) {
    o.domain.push_back(static_cast<int32_t>(i % 2));
    o.group.push_back(static_cast<int32_t>(i));
    for (const int32_t byte : {7, 7, answers[i][0], answers[i][1]}) o.argmax.push_back(byte);
    for (const int32_t byte : {-1, -1, 10, 11}) o.target.push_back(byte);
    for (const float nats : {0.0F, 0.0F, -1.0F, -3.0F}) o.target_log_prob.push_back(nats);
    for (int step = 0; step < 4; ++step) o.max_log_prob.push_back(-0.5F), o.entropy.push_back(1);
  }
  return o;
}

// A model that is sure of one bin or class for each item.
Outcomes sure(std::vector<int32_t> domain, std::vector<int32_t> target, std::vector<float> value,
              const std::vector<int64_t>& said) {
  Outcomes o;
  o.items = static_cast<int64_t>(domain.size());
  o.outputs = kGridBins;
  o.domain = std::move(domain);
  o.target = std::move(target);
  o.value = std::move(value);
  for (int64_t i = 0; i < o.items; ++i) o.group.push_back(static_cast<int32_t>(i));
  for (const int64_t bin : said)
    for (int64_t k = 0; k < kGridBins; ++k)
      o.log_probs.push_back(k == bin ? 0 : -std::numeric_limits<float>::infinity());
  summarise(o);
  return o;
}

TEST_CASE("[metrics] exact match asks for every scored byte of an item, and for no other") {
  const Outcomes o = windows({{10, 11}, {10, 12}, {10, 11}, {10, 11}});
  const Scores scores = score(o, "exact_match", 2);
  CHECK(scores.domain == std::vector<double>{1, 0.5});
  CHECK(scores.macro == 0.75);
  CHECK(scores.nll == doctest::Approx(2));  // (1 + 3) / 2 over scored bytes
  REQUIRE(scores.cells.size() == 4);
  CHECK(scores.cells[0].count == 1);
  // ece: one confidence for all, exp(-.5); 7 of 8 scored bytes are right
  CHECK(*scores.ece == doctest::Approx(std::abs(7.0 / 8 - std::exp(-0.5))));
}

TEST_CASE("[metrics] bytes without a target change nothing") {
  Outcomes marked = windows({{10, 11}, {12, 11}});
  Outcomes plain;
  plain.items = 2;
  plain.steps = 2;
  plain.outputs = 256;
  plain.domain = {0, 1};
  plain.group = {0, 1};
  plain.target = {10, 11, 10, 11};
  plain.argmax = {10, 11, 12, 11};
  plain.target_log_prob = {-1, -3, -1, -3};
  for (const char* metric : {"bits_per_byte", "exact_match", "accuracy"})
    CHECK(score(marked, metric, 2).domain == score(plain, metric, 2).domain);
  CHECK(decode_outcomes(encode_outcomes(marked), "w").target == marked.target);
}

TEST_CASE("[metrics] a domain's mean is R2 of the bins' means") {
  // Domain 0: y = 0, 1, 2 and predictions 0, 1, 1 -> residual 1, total 2 -> R2 = 1/2. Domain 1: two classes, one right.
  const std::vector<int64_t> said = {grid_bin(0), grid_bin(1), grid_bin(1), 3, 4};
  const Outcomes o =
      sure({0, 0, 0, 1, 1}, {grid_bin(0), grid_bin(1), grid_bin(2), 3, 3}, {0, 1, 2, kNoNumber, kNoNumber}, said);
  const Scores scores = score(o, "accuracy_or_r2", 2);
  CHECK(scores.domain[0] == doctest::Approx(0.5));
  CHECK(scores.domain[1] == 0.5);
  const Outcomes back = decode_outcomes(encode_outcomes(o), "v");
  CHECK(back.value[2] == 2);
  CHECK(std::isnan(back.value[3]));
  // The mean of the training targets, said of every item, has R2 zero where it is the test's mean too.
  const Outcomes mean =
      sure({0, 0, 0}, {grid_bin(0), grid_bin(1), grid_bin(2)}, {0, 1, 2}, {grid_bin(1), grid_bin(1), grid_bin(1)});
  CHECK(score(mean, "accuracy_or_r2", 1).macro == doctest::Approx(0).epsilon(1e-12));
}

TEST_CASE("[metrics] half the mass on each of two bins predicts their middle") {
  Outcomes o = sure({0, 0}, {grid_bin(0), grid_bin(2)}, {0, 2}, {grid_bin(0), grid_bin(2)});
  std::fill(o.log_probs.begin(), o.log_probs.begin() + kGridBins, -std::numeric_limits<float>::infinity());
  o.log_probs[static_cast<size_t>(grid_bin(0))] = o.log_probs[static_cast<size_t>(grid_bin(2))] = std::log(0.5F);
  // prediction 1 for y = 0, variance 1: the item's score is 0, the other's 1
  CHECK(score(o, "accuracy_or_r2", 1).macro == doctest::Approx(0.5));
}

TEST_CASE("[metrics] bins that other classes leave hardly any mass still say a number") {
  Outcomes o = sure({0, 0}, {grid_bin(0), grid_bin(2)}, {0, 2}, {grid_bin(0), grid_bin(2)});
  for (float& log_prob : o.log_probs) log_prob -= 2000;  // exp(-2000) is 0 in double
  CHECK(score(o, "accuracy_or_r2", 1).macro == doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("[metrics] equal numbers have R2 one where they are said exactly, else zero") {
  const auto zero = grid_bin(0);
  CHECK(score(sure({0, 0}, {zero, zero}, {0, 0}, {zero, zero}), "accuracy_or_r2", 1).macro == 1);
  CHECK(score(sure({0, 0}, {zero, zero}, {0, 0}, {grid_bin(1), grid_bin(1)}), "accuracy_or_r2", 1).macro == 0);
}

TEST_CASE("[metrics] what is no probability leaves no number") {
  Outcomes o = sure({0, 0}, {grid_bin(0), grid_bin(2)}, {0, 2}, {grid_bin(0), grid_bin(2)});
  o.log_probs[3] = kNoNumber;
  CHECK(std::isnan(score(o, "accuracy_or_r2", 1).macro));
}

TEST_CASE("[metrics] macro F1 against a confusion matrix worked by hand") {
  // class 0: 2 right of 3, predicted 3 times -> 2*2/(3+3); class 1: 1 of 2, predicted 2 -> 2/4; class 2: predicted
  // never, target never; class 3: target once, predicted once, 0 right -> 0.
  Outcomes o;
  o.items = 6;
  o.outputs = 4;
  o.domain = {0, 0, 0, 0, 0, 0};
  o.group = {0, 1, 2, 3, 4, 5};
  o.target = {0, 0, 0, 1, 1, 3};
  o.argmax = {0, 0, 1, 1, 3, 0};
  o.target_log_prob.assign(6, -1);
  const Scores scores = score(o, "accuracy", 1);
  REQUIRE(scores.f1.size() == 1);
  CHECK(scores.f1[0] == doctest::Approx((4.0 / 6 + 2.0 / 4 + 0) / 3));
  CHECK(member_scores(std::vector<Outcomes>{o, o}, "accuracy", 1).at("member_f1")[1][0] ==
        doctest::Approx(scores.f1[0]));
}

TEST_CASE("[metrics] members under the metrics of items: the best of each, and who solves alone") {
  const std::vector<Outcomes> two = {windows({{10, 11}, {10, 12}}), windows({{10, 12}, {10, 12}})};
  const Json scores = member_scores(two, "exact_match", 2);
  CHECK(scores.at("member_domain") == Json::parse("[[1.0, 0.0], [0.0, 0.0]]"));
  CHECK(scores.at("sample_oracle").at("domain") == Json::parse("[1.0, 0.0]"));
  CHECK(scores.at("solved_by_one").at("domain") == Json::parse("[1.0, 0.0]"));
}

TEST_CASE("[grid] bins cover -4 to 4 and a centre is its own bin") {
  for (int64_t bin = 0; bin < kGridBins; ++bin) CHECK(grid_bin(grid_centre(bin)) == bin);
  CHECK(grid_centre(0) == -4);
  CHECK(grid_centre(kGridBins - 1) == 4);
  CHECK(grid_bin(100) == kGridBins - 1);
  CHECK(grid_bin(-100) == 0);
  CHECK(grid_centre(grid_bin(0.09)) == doctest::Approx(0));
  CHECK(grid_centre(grid_bin(0.11)) == doctest::Approx(0.2));
}

}  // namespace
}  // namespace loom::item_metrics_test
