// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/evaluator.h"
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

}  // namespace
}  // namespace loom::teachers_test
