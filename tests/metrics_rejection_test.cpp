// SPDX-License-Identifier: Apache-2.0
#include "harness/metrics_rejection.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "harness/evaluator.h"
#include "harness/member_scores.h"
#include "harness/metrics.h"
#include "harness/random.h"

namespace loom::suites {
SuiteSource shifted();
}  // namespace loom::suites

namespace loom::metrics_rejection_test {
namespace {

// Two classes; an item is sure of class 0 by its probability, which is right where `target` is 0. Domain `trained` and
// above is held out.
Outcomes said(std::vector<int32_t> domain, const std::vector<double>& sure, std::vector<int32_t> target = {}) {
  Outcomes o;
  o.items = std::ssize(domain);
  o.outputs = 2;
  for (int32_t i = 0; i < o.items; ++i) o.group.push_back(i);
  for (const double p : sure) o.log_probs.insert(o.log_probs.end(), {float(std::log(p)), float(std::log(1 - p))});
  o.target = target.empty() ? std::vector<int32_t>(domain.size(), 0) : std::move(target);
  o.domain = std::move(domain);
  summarise(o);
  return o;
}

double auroc(const Outcomes& o, int64_t trained) { return rejection_auroc(o, trained).value(); }

// Every pair of a trained and a held-out item, counted (Mann and Whitney 1947); confidence from all probabilities.
double counted(const Outcomes& o, int64_t trained) {
  const auto highest = [&](int64_t item) {
    const auto begin = o.log_probs.begin() + item * o.outputs;
    return *std::max_element(begin, begin + o.outputs);
  };
  int64_t halves = 0, pairs = 0;
  for (int64_t a = 0; a < o.items; ++a)
    for (int64_t b = 0; b < o.items; ++b) {
      if (o.domain[size_t(a)] >= trained || o.domain[size_t(b)] < trained) continue;
      halves += highest(a) > highest(b) ? 2 : highest(a) == highest(b) ? 1 : 0;
      ++pairs;
    }
  return double(halves) / 2 / double(pairs);
}

Outcomes random_outcomes(uint64_t key, int64_t items, int64_t outputs, int64_t levels) {
  Stream stream(key, "rejection");
  Outcomes o;
  o.items = items;
  o.outputs = outputs;
  for (int64_t i = 0; i < items; ++i) {
    o.domain.push_back(int32_t(stream.below(4)));
    o.group.push_back(int32_t(i));
    o.target.push_back(int32_t(stream.below(uint64_t(outputs))));
    std::vector<double> weight;  // few levels, so that confidences tie
    double total = 0;
    for (int64_t k = 0; k < outputs; ++k) weight.push_back(double(1 + stream.below(uint64_t(levels))));
    std::ranges::sort(weight);
    for (const double w : weight) total += w;
    for (const double w : weight) o.log_probs.push_back(float(std::log(w / total)));
  }
  summarise(o);
  return o;
}

TEST_CASE("[rejection] the area under the curve by hand, a tie counting one half") {
  // Trained .9 .8 .7 against held out .8 .6: of six pairs .9 wins 2, .8 wins 1 and ties 1, .7 wins 1.
  const Outcomes o = said({0, 0, 1, 2, 2}, {.9, .8, .7, .8, .6});
  CHECK(auroc(o, 2) == 4.5 / 6);
  // Were domain 1 held out too: .9 and .8 against .7 .8 .6.
  CHECK(auroc(o, 1) == 5.5 / 6);
}

TEST_CASE("[rejection] perfect is 1, the other way about 0, and who is always as sure has .5") {
  CHECK(auroc(said({0, 0, 1, 1}, {.9, .8, .6, .7}), 1) == 1);
  CHECK(auroc(said({0, 0, 1, 1}, {.6, .7, .9, .8}), 1) == 0);
  CHECK(auroc(said({0, 0, 0, 1, 1}, {.8, .8, .8, .8, .8}), 1) == 0.5);
}

TEST_CASE("[rejection] it is the Mann-Whitney count over all pairs, with ties and without") {
  for (uint64_t key = 0; key < 8; ++key) {
    const Outcomes tied = random_outcomes(key, 90, 3, 3), free = random_outcomes(key, 90, 5, 1000000);
    for (int64_t trained : {1, 3}) {
      CHECK(auroc(tied, trained) == doctest::Approx(counted(tied, trained)).epsilon(1e-12));
      CHECK(auroc(free, trained) == doctest::Approx(counted(free, trained)).epsilon(1e-12));
    }
  }
}

TEST_CASE("[rejection] of tokens the confidence is the mean over scored steps") {
  Outcomes o;
  o.items = 3;
  o.steps = 3;
  o.outputs = 256;
  o.domain = {0, 0, 1};
  o.group = {0, 1, 2};
  o.target = {1, 1, -1, 1, -1, -1, 1, 1, 1};
  o.target_log_prob = {-3, -3, 0, -3, 0, 0, -3, -3, -3};
  o.argmax.assign(9, 1);
  // Means over scored steps: -2, -1.5, -1.8; with the steps that are not scored the order would be another.
  o.max_log_prob = {-1, -3, 0, -1.5, -9, -9, -1.8F, -1.6F, -2};
  CHECK(auroc(o, 1) == 0.5);
  o.max_log_prob[1] = -2;
  CHECK(auroc(o, 1) == 1);
  CHECK(score(o, "bits_per_byte", 2, 1).macro == doctest::Approx(3 / std::log(2.0)));
}

TEST_CASE("[rejection] it is absent without confidences or items of both kinds, and no number where one is none") {
  Outcomes o = said({0, 0, 1}, {.9, .8, .7});
  CHECK_FALSE(rejection_auroc(o, 2).has_value());  // nothing is held out
  CHECK_FALSE(rejection_auroc(o, 0).has_value());  // all is
  CHECK_FALSE(score(o, "accuracy", 2).rejection_auroc.has_value());
  Outcomes broken = o;
  broken.max_log_prob[2] = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(auroc(broken, 1)));
  o.max_log_prob.clear();
  CHECK_FALSE(rejection_auroc(o, 1).has_value());
  CHECK_FALSE(score(o, "accuracy", 2, 1).rejection_auroc.has_value());
}

// Bit for bit, where NaN is NaN.
void check_same(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) CHECK((a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))));
}

TEST_CASE("[rejection] all other scores are those of the trained domains' items alone") {
  const Outcomes all = random_outcomes(3, 200, 4, 1000);
  const Outcomes trained = trained_items(all, 3);
  const Scores found = score(all, "accuracy", 4, 1), plain = score(trained, "accuracy", 4);
  REQUIRE(trained.items == std::ranges::count_if(all.domain, [](int32_t domain) { return domain < 3; }));
  CHECK(found.rejection_auroc.value() == doctest::Approx(counted(all, 3)).epsilon(1e-12));
  CHECK(std::isnan(found.domain.at(3)));
  check_same(found.domain, plain.domain);
  check_same({found.macro, found.worst, found.iqm, found.nll, *found.ece, *found.brier},
             {plain.macro, plain.worst, plain.iqm, plain.nll, *plain.ece, *plain.brier});
  CHECK(found.cells.size() == plain.cells.size());
  // By another way: hits over items, domain by domain, from the full outcomes.
  double macro = 0;
  for (int32_t domain = 0; domain < 3; ++domain) {
    double hits = 0, items = 0;
    for (size_t i = 0; i < all.domain.size(); ++i) {
      if (all.domain[i] != domain) continue;
      hits += all.argmax[i] == all.target[i];
      items += 1;
    }
    macro += hits / items / 3;
  }
  CHECK(found.macro == doctest::Approx(macro));
  Outcomes other = all;
  std::ranges::reverse(other.log_probs);
  summarise(other);
  const std::vector<Outcomes> members = {all, other};
  CHECK(member_scores(members, "accuracy", 4, 1).dump() ==
        member_scores(std::vector{trained, trained_items(other, 3)}, "accuracy", 4).dump());
  CHECK(member_scores(members, "accuracy", 4, 1).dump() != member_scores(members, "accuracy", 4).dump());
}

TEST_CASE("[rejection] a test of held-out domains alone is scored as ever") {
  Outcomes o = random_outcomes(5, 60, 4, 1000);
  std::ranges::fill(o.domain, 3);
  const Scores found = score(o, "accuracy", 4, 1), plain = score(o, "accuracy", 4);
  CHECK_FALSE(found.rejection_auroc.has_value());
  CHECK(found.domain[3] == plain.domain[3]);
  CHECK(found.macro == plain.macro);
}

// Probabilities by distance to the mean image of each class of the train side.
Outcomes by_class_means(const Suite& suite, const Items& test) {
  const Items& train = suite.train_side();
  const auto width = size_t(train.input_dim), classes = size_t(suite.shape().outputs);
  std::vector<double> means(classes * width), counts(classes);
  for (size_t i = 0; i < size_t(train.count); ++i) {
    counts[size_t(train.label[i])] += 1;
    for (size_t k = 0; k < width; ++k) means[size_t(train.label[i]) * width + k] += double(train.values[i * width + k]);
  }
  Outcomes o;
  o.items = test.count;
  o.outputs = int64_t(classes);
  o.domain = test.domain, o.group = test.group, o.target = test.label;
  for (size_t i = 0; i < size_t(test.count); ++i) {
    std::vector<double> logits(classes);
    double total = 0;
    for (size_t c = 0; c < classes; ++c)
      for (size_t k = 0; k < width; ++k)
        logits[c] -= std::pow(double(test.values[i * width + k]) - means[c * width + k] / counts[c], 2);
    for (const double logit : logits) total += std::exp(logit);
    for (const double logit : logits) o.log_probs.push_back(float(logit - std::log(total)));
  }
  summarise(o);
  return o;
}

TEST_CASE("[rejection] digits with a view held out: one score for knowing it apart, the rest for the other views") {
  const Json options = {
      {"of", {{"name", "digits4"}}}, {"kind", "rejection"}, {"strength", 0}, {"seed", 0}, {"domain", "plain"}};
  const Suite suite = suites::shifted().load(options);
  const auto held_out = suite.description().held_out;
  Evaluator evaluator(suite);
  const Outcomes o = by_class_means(suite, evaluator.open_test("metrics_rejection_test"));
  const Scores found = score(o, "accuracy", 4, held_out);
  CHECK(found.rejection_auroc.value() == doctest::Approx(counted(o, 3)).epsilon(1e-12));
  CHECK(std::isnan(found.domain[3]));
  for (int32_t domain = 0; domain < 3; ++domain) {
    double hits = 0;
    for (size_t i = 0; i < o.domain.size(); ++i) hits += o.domain[i] == domain && o.argmax[i] == o.target[i];
    CHECK(found.domain[size_t(domain)] == doctest::Approx(hits / 1797));
  }
  CHECK(found.macro == doctest::Approx((found.domain[0] + found.domain[1] + found.domain[2]) / 3));
  CHECK(found.cells.size() == 3 * 1797);
}

}  // namespace
}  // namespace loom::metrics_rejection_test
