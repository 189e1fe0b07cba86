// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/evaluator.h"
#include "harness/random.h"
#include "harness/suite.h"

namespace loom::suites {
SuiteSource teachers();
}  // namespace loom::suites

using namespace loom;

namespace loom::teachers_test {
namespace {

Suite load(const Json& changes = Json::object()) {
  const SuiteSource source = suites::teachers();
  Json options = Json::object();
  for (const Field& field : source.facts.fields) options[field.name] = field.fallback;
  if (changes.is_object()) options.update(changes);
  return source.load(options);
}

std::vector<float> inputs(const Items& items, int64_t at) {
  const auto begin = items.values.begin() + at * items.input_dim;
  return {begin, begin + 12};
}

// Share of items whose label equals that of the item at the same place in another draw of the labels.
double agreement(const Items& a, const Items& b) {
  double same = 0;
  for (size_t i = 0; i < a.label.size(); ++i) same += a.label[i] == b.label[i] ? 1 : 0;
  return same / static_cast<double>(a.label.size());
}

TEST_CASE("[teachers] the same seed gives the same bytes and another one others") {
  CHECK(load().digest() == load().digest());
  CHECK(load().digest() != load({{"seed", 1}}).digest());
  CHECK(load({{"samples", 50}}).train_side().count == 200);
  CHECK(load({{"domains", 3}}).shape().input_dim == 15);
}

TEST_CASE("[teachers] the share of routable items is the closed form of the cue") {
  // P(the own cue is the largest of D normals) for D = 2: Phi(kappa / sqrt(2)).
  const Suite suite = load({{"domains", 2}, {"cue", 1.5}, {"samples", 20000}, {"test", 1}});
  const Items& items = suite.train_side();
  double right = 0;
  for (int64_t i = 0; i < items.count; ++i) {
    const float* cue = items.values.data() + i * items.input_dim + 12;
    right += (cue[1] > cue[0] ? 1 : 0) == items.domain[static_cast<size_t>(i)] ? 1 : 0;
  }
  const double expected = std::erfc(-1.5 / 2) / 2;
  CHECK(right / static_cast<double>(items.count) == doctest::Approx(expected).epsilon(0.01));
}

TEST_CASE("[teachers] similarity 1 is one rule for all domains, similarity 0 one each") {
  // The items of a domain do not depend on the similarity, so labels can be compared item by item.
  const Suite same = load({{"similarity", 1}}), own = load({{"similarity", 0}}), half = load({{"similarity", 0.5}});
  CHECK(inputs(same.train_side(), 7) == inputs(own.train_side(), 7));
  const double far = agreement(same.train_side(), own.train_side()),
               near = agreement(same.train_side(), half.train_side());
  CHECK(far < 0.4);  // six classes: unrelated teachers agree on about one in four
  CHECK(near > far + 0.15);
}

TEST_CASE("[teachers] noise and conflict change the share of labels they state") {
  const Suite clean = load({{"samples", 5000}});
  const double noisy = agreement(clean.train_side(), load({{"samples", 5000}, {"noise", 0.3}}).train_side());
  CHECK(noisy == doctest::Approx(1 - 0.3 * 5 / 6).epsilon(0.02));
  const double conflicting = agreement(clean.train_side(), load({{"samples", 5000}, {"conflict", 0.5}}).train_side());
  CHECK(conflicting >= 0.48);  // what the exchange leaves in place stays
  CHECK(conflicting < 0.85);
}

TEST_CASE("[teachers] unseen domains are the test's only, and leave the train side as it is") {
  const Suite plain = load(), unseen = load({{"unseen", 3}});
  CHECK(unseen.train_digest() == plain.train_digest());
  CHECK(unseen.shape().domains == 4);
  CHECK(unseen.shape().held_out == 3);
  CHECK(unseen.description().domains.back() == "unseen2");
  CHECK(unseen.test_count() == 3 * 1000);
  Evaluator evaluator(unseen);
  const Items& test = evaluator.open_test("unseen");
  CHECK(test.domain.front() == 4);
  CHECK(test.domain.back() == 6);
  CHECK(test.group.front() == plain.train_side().count);
  CHECK_THROWS_AS(load({{"domains", 1}, {"unseen", 1}}), InputError);
}

TEST_CASE("[teachers] at similarity 1 an unseen domain is the domain that would have been next") {
  const Suite four = load({{"similarity", 1}, {"unseen", 1}, {"cue", 0}}),
              five = load({{"similarity", 1}, {"domains", 5}, {"cue", 0}});
  Evaluator of_four(four), of_five(five);
  const Items &unseen = of_four.open_test("unseen"), &known = of_five.open_test("known");
  REQUIRE(unseen.count == 1000);
  for (int64_t i = 0; i < unseen.count; ++i) {
    CHECK(inputs(unseen, i) == inputs(known, 4000 + i));
    CHECK(unseen.label[static_cast<size_t>(i)] == known.label[static_cast<size_t>(4000 + i)]);
  }
}

// Class scores of the teacher of that number: a hidden unit is tanh of its 12 weights, drawn before the 6 x 8 others.
std::vector<double> scores_of(uint64_t teacher, const std::vector<float>& input) {
  Stream stream(0, "teachers/weights", teacher);
  std::vector<double> hidden(8), scores(6);
  for (double& unit : hidden) {
    for (float value : input) unit += stream.normal() * 1.5 / std::sqrt(12.0) * static_cast<double>(value);
    unit = std::tanh(unit);
  }
  for (double& score : scores)
    for (double unit : hidden) score += stream.normal() * unit / std::sqrt(8.0);
  return scores;
}

TEST_CASE("[teachers] an unseen domain's teacher is the mixture of the domains' own that the cue tells") {
  const Suite suite = load({{"similarity", 0}, {"unseen", 1}, {"cue", 100}});
  Evaluator evaluator(suite);
  const Items& test = evaluator.open_test("mixture");
  std::vector<double> weights(4);
  for (int64_t i = 0; i < test.count; ++i)
    for (size_t c = 0; c < 4; ++c)
      weights[c] += static_cast<double>(test.values[static_cast<size_t>(i) * 16 + 12 + c]) / 100 / 1000;
  double squares = 0;
  for (double weight : weights) {
    CHECK(weight > 0.01);
    squares += weight * weight;
  }
  CHECK(squares == doctest::Approx(1).epsilon(0.01));
  int64_t same = 0;
  for (int64_t i = 0; i < test.count; ++i) {
    std::vector<double> mixed(6);
    for (size_t c = 0; c < 4; ++c) {
      const auto scores = scores_of(c + 1, inputs(test, i));
      for (size_t k = 0; k < 6; ++k) mixed[k] += weights[c] * scores[k];
    }
    same += std::ranges::max_element(mixed) - mixed.begin() == test.label[static_cast<size_t>(i)];
  }
  CHECK(same > 985);  // the weights are known to about 1 in 300
}

TEST_CASE("[teachers] noise leaves the share of labels right that the card's ceiling states") {
  const SuiteCard card = *suites::teachers().card;
  const Suite clean = load({{"test", 5000}}), noisy = load({{"test", 5000}, {"noise", 0.6}});
  Evaluator of_clean(clean), of_noisy(noisy);
  const double right = agreement(of_clean.open_test("clean"), of_noisy.open_test("noisy"));
  CHECK(right == doctest::Approx(1 - 0.6 * 5 / 6).epsilon(0.03));
  CHECK(card.published.at(0).kind == SuiteCard::Kind::ceiling);
  CHECK(card.published.at(1).score == doctest::Approx(1.0 / clean.shape().outputs));
  CHECK(card.domains == clean.description().domains);
}

}  // namespace
}  // namespace loom::teachers_test
