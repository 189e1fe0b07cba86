// SPDX-License-Identifier: Apache-2.0
#include "harness/metrics.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "harness/random.h"
#include "harness/statistics.h"

using loom::Outcomes, loom::Scores, loom::Stream;

namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

Outcomes labels(std::vector<int32_t> domain, std::vector<int32_t> target, int64_t outputs,
                std::vector<double> probability) {
  Outcomes o;
  o.items = int64_t(domain.size());
  o.outputs = outputs;
  o.group.resize(domain.size());
  std::iota(o.group.begin(), o.group.end(), 0);
  o.domain = std::move(domain);
  o.target = std::move(target);
  for (double p : probability) o.log_probs.push_back(float(std::log(p)));
  loom::summarise(o);
  return o;
}

Outcomes random_labels(int64_t items, int64_t outputs, uint64_t key) {
  Stream stream(key, "labels");
  std::vector<int32_t> domain, target;
  std::vector<double> probability;
  for (int64_t i = 0; i < items; ++i) {
    domain.push_back(int32_t(stream.below(4)));
    target.push_back(int32_t(stream.below(uint64_t(outputs))));
    std::vector<double> weight(static_cast<size_t>(outputs));
    for (double& value : weight) value = std::exp(2 * stream.normal());
    weight[size_t(target.back())] *= 3;
    const double total = std::accumulate(weight.begin(), weight.end(), 0.0);
    for (double value : weight) probability.push_back(value / total);
  }
  Outcomes o = labels(domain, target, outputs, probability);
  for (int32_t& group : o.group) group = int32_t(stream.below(6));
  return o;
}

Outcomes tokens(int64_t items, int64_t steps, uint64_t key) {
  Stream stream(key, "tokens");
  Outcomes o;
  o.items = items;
  o.steps = steps;
  o.outputs = 256;
  for (int64_t i = 0; i < items; ++i) {
    o.domain.push_back(int32_t(stream.below(3)));
    o.group.push_back(int32_t(stream.below(5)));
    for (int64_t s = 0; s < steps; ++s) {
      o.target.push_back(int32_t(stream.below(256)));
      o.target_log_prob.push_back(float(std::log(stream.uniform() + 1e-3)));
    }
  }
  return o;
}

Outcomes shuffled(const Outcomes& o, uint64_t seed) {
  Outcomes result = o;
  const auto order = loom::permutation(o.items, Stream(seed, "shuffle"));
  const auto move = [&](const auto& from, auto& to, int64_t width) {
    for (int64_t i = 0; i < o.items && !from.empty(); ++i) {
      std::copy_n(from.begin() + order[size_t(i)] * width, width, to.begin() + i * width);
    }
  };
  move(o.domain, result.domain, 1);
  move(o.group, result.group, 1);
  move(o.target, result.target, o.steps);
  move(o.target_log_prob, result.target_log_prob, o.steps);
  move(o.log_probs, result.log_probs, o.outputs);
  move(o.max_log_prob, result.max_log_prob, o.steps);
  move(o.argmax, result.argmax, o.steps);
  move(o.entropy, result.entropy, o.steps);
  return result;
}

// The textbook way to the calibration error: per bin the mean confidence, the accuracy and the weight. No ties here.
double brute_ece(const Outcomes& o) {
  std::vector<std::pair<double, bool>> calls;
  for (size_t i = 0; i < o.target.size(); ++i) {
    calls.emplace_back(std::exp(double(o.max_log_prob[i])), o.argmax[i] == o.target[i]);
  }
  std::sort(calls.begin(), calls.end());
  double error = 0;
  const size_t size = calls.size() / 15;  // a multiple of 15
  for (size_t bin = 0; bin < 15; ++bin) {
    double confidence = 0, accuracy = 0;
    for (size_t i = 0; i < size; ++i) {
      confidence += calls[bin * size + i].first / double(size);
      accuracy += calls[bin * size + i].second ? 1 / double(size) : 0;
    }
    error += std::abs(accuracy - confidence) * double(size) / double(calls.size());
  }
  return error;
}

double brute_brier(const Outcomes& o) {
  double total = 0;
  for (int64_t i = 0; i < o.items; ++i) {
    for (int64_t k = 0; k < o.outputs; ++k) {
      const double p = std::exp(double(o.log_probs[size_t(i * o.outputs + k)]));
      total += std::pow(p - (o.target[size_t(i)] == k ? 1 : 0), 2);
    }
  }
  return total / double(o.items);
}

void check_close(const Scores& a, const Scores& b) {
  for (size_t d = 0; d < a.domain.size(); ++d) CHECK(a.domain[d] == doctest::Approx(b.domain[d]));
  CHECK(a.macro == doctest::Approx(b.macro));
  CHECK(a.worst == doctest::Approx(b.worst));
  CHECK(a.iqm == doctest::Approx(b.iqm));
  CHECK(a.nll == doctest::Approx(b.nll));
  CHECK(a.ece.has_value() == b.ece.has_value());
  CHECK(a.brier.has_value() == b.brier.has_value());
  if (a.ece && b.ece) CHECK(*a.ece == doctest::Approx(*b.ece));
  if (a.brier && b.brier) CHECK(*a.brier == doctest::Approx(*b.brier));
  REQUIRE(a.cells.size() == b.cells.size());
  for (size_t c = 0; c < a.cells.size(); ++c) CHECK(a.cells[c].sum == doctest::Approx(b.cells[c].sum));
}

}  // namespace

TEST_CASE("[metrics] every label score of a hand-worked case") {
  // Domain 0: right, wrong, right; domain 1: wrong. Confidences .8 .6 .9 .7.
  const Outcomes o = labels({0, 0, 0, 1}, {0, 0, 1, 1}, 2, {.8, .2, .4, .6, .1, .9, .7, .3});
  const Scores s = loom::score(o, "accuracy", 2);
  CHECK(s.domain[0] == doctest::Approx(2.0 / 3));
  CHECK(s.domain[1] == 0);
  CHECK(s.macro == doctest::Approx((2.0 / 3 + 0) / 2));
  CHECK(s.worst == 0);
  CHECK(s.nll == doctest::Approx((-std::log(.8 * .4 * .9) / 3 - std::log(.3)) / 2));
  CHECK(s.brier.value() == doctest::Approx(2 * (.2 * .2 + .6 * .6 + .1 * .1 + .7 * .7) / 4));
  CHECK(s.ece.value() == doctest::Approx((.2 + .6 + .1 + .7) / 4));  // four items: four bins of one
}

TEST_CASE("[metrics] a certain and right model is perfect, a certain and wrong one is the worst possible") {
  const Outcomes right = labels({0, 1}, {0, 1}, 2, {1, 0, 0, 1}), wrong = labels({0, 1}, {1, 0}, 2, {1, 0, 0, 1});
  const Scores best = loom::score(right, "accuracy", 2), worst = loom::score(wrong, "accuracy", 2);
  CHECK(best.macro == 1);
  CHECK(best.nll == 0);
  CHECK(best.brier.value() == 0);
  CHECK(best.ece.value() == 0);
  CHECK(worst.macro == 0);
  CHECK(std::isinf(worst.nll));
  CHECK(worst.brier.value() == 2);
  CHECK(worst.ece.value() == 1);
}

TEST_CASE("[metrics] a constant forecast equal to the base rate is calibrated in any order of items") {
  // 60 items, always (.75, .25), class 0 three times in four: no bin may tell otherwise, though the items tie.
  std::vector<int32_t> target(60, 0);
  std::fill(target.begin(), target.begin() + 15, 1);
  std::vector<double> probability;
  for (int i = 0; i < 60; ++i) probability.insert(probability.end(), {.75, .25});
  const Outcomes o = labels(std::vector<int32_t>(60, 0), target, 2, probability);
  CHECK(loom::score(o, "accuracy", 1).ece.value() == doctest::Approx(0).epsilon(1e-6));
  CHECK(loom::score(shuffled(o, 3), "accuracy", 1).ece.value() == loom::score(o, "accuracy", 1).ece.value());
}

TEST_CASE("[metrics] bits per byte of uniform bytes are 8, of certain ones 0") {
  Outcomes o = tokens(6, 4, 1);
  std::fill(o.target_log_prob.begin(), o.target_log_prob.end(), float(-std::log(256.0)));
  const Scores s = loom::score(o, "bits_per_byte", 3);
  CHECK(s.macro == doctest::Approx(8));
  CHECK(s.nll == doctest::Approx(std::log(256.0)));
  CHECK_FALSE(s.ece.has_value());
  CHECK_FALSE(s.brier.has_value());
  std::fill(o.target_log_prob.begin(), o.target_log_prob.end(), 0.0F);
  CHECK(loom::score(o, "bits_per_byte", 3).macro == 0);
}

TEST_CASE("[metrics] the worst domain is the lowest accuracy and the highest bits per byte") {
  const Outcomes o = random_labels(200, 5, 8);
  const Scores accuracy = loom::score(o, "accuracy", 4);
  CHECK(accuracy.worst == *std::min_element(accuracy.domain.begin(), accuracy.domain.end()));
  CHECK(accuracy.worst < accuracy.macro);
  CHECK(accuracy.iqm == loom::interquartile_mean(accuracy.domain));
  const Scores bits = loom::score(tokens(40, 3, 2), "bits_per_byte", 3);
  CHECK(bits.worst == *std::max_element(bits.domain.begin(), bits.domain.end()));
  CHECK(bits.worst > bits.macro);
}

TEST_CASE("[metrics] label scores agree with brute force") {
  Outcomes o = random_labels(300, 6, 4);
  // Right and wrong in narrow bands of confidence, so that gaps change sign and the cut between bins matters.
  for (size_t i = 0; i < 300; ++i) o.target[i] = (o.argmax[i] + int32_t(40 * std::exp(o.max_log_prob[i])) % 2) % 6;
  loom::summarise(o);
  const Scores s = loom::score(o, "accuracy", 4);
  double nll = 0;
  for (int32_t d = 0; d < 4; ++d) {
    double right = 0, loss = 0, count = 0;
    for (size_t i = 0; i < 300; ++i) {
      if (o.domain[i] != d) continue;
      const auto row = o.log_probs.begin() + std::ptrdiff_t(6 * i);
      right += std::max_element(row, row + 6) - row == o.target[i] ? 1 : 0;
      loss -= row[o.target[i]];
      count += 1;
    }
    CHECK(s.domain[size_t(d)] == doctest::Approx(right / count));
    nll += loss / count / 4;
  }
  CHECK(s.macro == doctest::Approx(loom::mean(s.domain)));
  CHECK(s.nll == doctest::Approx(nll));
  CHECK(s.ece.value() == doctest::Approx(brute_ece(o)));
  CHECK(s.ece.value() > 0.01);
  CHECK(s.brier.value() == doctest::Approx(brute_brier(o)));
}

TEST_CASE("[metrics] the order of the items changes no score") {
  const Outcomes a = random_labels(120, 5, 6), b = tokens(30, 4, 3);
  for (uint64_t seed = 0; seed < 3; ++seed) {
    check_close(loom::score(a, "accuracy", 4), loom::score(shuffled(a, seed), "accuracy", 4));
    check_close(loom::score(b, "bits_per_byte", 3), loom::score(shuffled(b, seed), "bits_per_byte", 3));
  }
}

TEST_CASE("[metrics] cells are sorted, add up to the domain scores and count every prediction") {
  const Outcomes o = tokens(50, 4, 5);
  const Scores s = loom::score(o, "bits_per_byte", 3);
  std::vector<double> sum(3), count(3);
  for (size_t c = 0; c < s.cells.size(); ++c) {
    const auto& cell = s.cells[c];
    double bits = 0;
    for (size_t i = 0; i < o.target.size(); ++i) {
      if (o.domain[i / 4] == cell.domain && o.group[i / 4] == cell.group) bits -= o.target_log_prob[i] / std::log(2.0);
    }
    CHECK(cell.sum == doctest::Approx(bits));
    sum[size_t(cell.domain)] += cell.sum;
    count[size_t(cell.domain)] += cell.count;
    const auto key = [&](size_t i) { return std::pair(s.cells[i].domain, s.cells[i].group); };
    CHECK((c == 0 || key(c - 1) < key(c)));
  }
  for (size_t d = 0; d < 3; ++d) CHECK(sum[d] / count[d] == doctest::Approx(s.domain[d]));
  CHECK(count[0] + count[1] + count[2] == 200);
}

TEST_CASE("[metrics] a domain without items is no number and takes no part in the means") {
  const Outcomes o = labels({0, 2}, {0, 0}, 2, {.9, .1, .2, .8});
  const Scores s = loom::score(o, "accuracy", 3);
  CHECK(std::isnan(s.domain[1]));
  CHECK(s.macro == 0.5);
  CHECK(s.worst == 0);
  CHECK(s.iqm == 0.5);
}

TEST_CASE("[metrics] broken log-probabilities never become a number") {
  for (float broken : {NAN, std::numeric_limits<float>::infinity()}) {
    Outcomes o = labels({0, 0, 1}, {0, 0, 1}, 2, {.9, .1, .2, .8, .3, .7});
    o.log_probs[2] = broken;
    loom::summarise(o);
    const Scores s = loom::score(o, "accuracy", 2);
    for (double value : {s.domain[0], s.macro, s.worst, s.iqm, s.nll, *s.ece, *s.brier}) CHECK(std::isnan(value));
    CHECK(s.domain[1] == 1);
    o = labels({0}, {0}, 2, {.9, .1});
    o.log_probs[1] = broken;  // after the summary, as in a file made elsewhere
    CHECK(std::isnan(loom::score(o, "accuracy", 1).macro));
    Outcomes t = tokens(6, 4, 1);
    t.target_log_prob[5] = broken;
    const Scores bits = loom::score(t, "bits_per_byte", 3);
    for (double value : {bits.macro, bits.worst, bits.nll}) CHECK(std::isnan(value));
  }
  Outcomes t = tokens(6, 4, 1);
  t.target_log_prob[5] = kNever;
  CHECK(loom::score(t, "bits_per_byte", 3).macro == std::numeric_limits<double>::infinity());
}

TEST_CASE("[metrics] outcomes that cannot be scored are refused") {
  CHECK_THROWS(loom::score(Outcomes{}, "accuracy", 1));
  const Outcomes o = random_labels(10, 3, 1);
  CHECK_THROWS(loom::score(o, "perplexity", 4));
  CHECK_THROWS(loom::score(o, "accuracy", 1));                // a domain out of range
  CHECK_THROWS(loom::score(tokens(4, 2, 1), "accuracy", 3));  // no argmax
}

TEST_CASE("[metrics] tokens with their best byte have an accuracy and a calibration error") {
  Outcomes o = tokens(20, 3, 9);
  o.argmax = o.target;
  o.argmax[0] = (o.target[0] + 1) % 256;
  o.max_log_prob.assign(60, std::log(0.5F));
  const Scores s = loom::score(o, "accuracy", 3);
  double right = 0;
  for (const auto& cell : s.cells) right += cell.sum;
  CHECK(right == 59);
  CHECK(s.ece.value() == doctest::Approx(59.0 / 60 - 0.5));
  CHECK_FALSE(s.brier.has_value());
}
