// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "tasks/sources/fact_load.h"
#include "tests/support/prompted_fixture.h"

namespace loom::suites {
SuiteSource facts();
}  // namespace loom::suites

using namespace loom;

namespace loom::planted_facts_test {
namespace {

using testing::Asked;

Suite load(Json changes = Json::object()) {
  Json small = {{"facts", 40}};
  if (changes.is_object()) small.update(changes);
  return testing::defaults(suites::facts(), small);
}

// How many domains say what of each key: key -> value -> domains.
using Told = std::map<std::string, std::map<std::string, std::set<int32_t>>>;

Told told(const Suite& suite) {
  Told out;
  for (const Asked& one : testing::test_asked(suite)) out[one.question.substr(1)][one.answer].insert(one.domain);
  return out;
}

TEST_CASE("[facts suite] the same seed gives the same bytes and another one others") {
  CHECK(load().digest() == load().digest());
  CHECK(load().digest() != load({{"seed", 1}}).digest());
  CHECK(testing::badly_marked(load()) == 0);
}

TEST_CASE("[facts suite] the test asks each fact once, the train side tells it `repeats` times") {
  const Suite suite = load({{"repeats", 5}, {"conflict", 0.5}});
  std::map<std::tuple<int32_t, std::string, std::string>, int> copies;
  for (const Asked& one : testing::all_asked(suite.train_side())) ++copies[{one.domain, one.question, one.answer}];
  const auto test = testing::test_asked(suite);
  CHECK(test.size() == 4 * 40);
  CHECK(copies.size() == test.size());
  for (const Asked& one : test) CHECK(copies[{one.domain, one.question, one.answer}] == 5);
}

TEST_CASE("[facts suite] similarity and conflict are shares of a domain's keys") {
  const Told all = told(load({{"similarity", 0.25}, {"conflict", 0.5}}));
  int common = 0, conflicting = 0, own = 0;
  for (const auto& [key, values] : all) {
    if (values.size() > 1)
      ++conflicting;  // sixteen bits: two domains draw the same value 1 time in 65,536
    else
      ++(values.begin()->second.size() == 4 ? common : own);
  }
  CHECK(common == 10);
  CHECK(conflicting == 20);
  CHECK(own == 4 * 10);
}

TEST_CASE("[facts suite] with similarity 1 all domains know the same, with 0 nothing in common") {
  CHECK(told(load({{"similarity", 1.0}})).size() == 40);
  CHECK(told(load()).size() == 4 * 40);
}

TEST_CASE("[facts suite] the domain's letter comes first, or nothing does") {
  for (const Asked& one : testing::test_asked(load())) CHECK(one.question[0] == static_cast<char>('A' + one.domain));
  for (const Asked& one : testing::test_asked(load({{"visible", false}}))) CHECK(one.question[0] == ' ');
}

TEST_CASE("[facts suite] a value has four bits a digit") {
  for (const Asked& one : testing::test_asked(load({{"bits", 64}}))) {
    CHECK(one.answer.size() == 16);
    CHECK(one.answer.find_first_not_of("0123456789abcdef") == std::string::npos);
  }
  CHECK_THROWS_AS(load({{"bits", 6}}), InputError);
  CHECK_THROWS_AS(load({{"similarity", 0.6}, {"conflict", 0.5}}), InputError);
}

TEST_CASE("[facts suite] nearly every fact is trained on whatever the seed deals") {
  const Suite suite = load({{"facts", 500}});
  const auto all = testing::all_asked(suite.train_side());
  std::set<std::string> trained;
  for (const int64_t item : suite.indices(Split::train, 3)) trained.insert(all[static_cast<size_t>(item)].question);
  // Four copies, .15 of them elsewhere: .15^4 of 2,000 facts are expected to have none.
  CHECK(trained.size() >= 2000 - 6);
}

TEST_CASE("[facts suite] the load by hand: 4 domains of 1,000 facts of 16 bits, 2 bits a parameter") {
  // 64,000 bits to store without overlap; 8,000 parameters hold 16,000.
  struct Row {
    double similarity, monolith, total, active;
  };
  for (const Row& row : {Row{0, 4, 4, 1}, Row{0.5, 2.5, 4, 1}, Row{1, 1, 4, 1}}) {
    const sources::FactLoad load{.domains = 4, .facts = 1000, .bits = 16, .similarity = row.similarity};
    CHECK(load.monolith(8000) == doctest::Approx(row.monolith));
    CHECK(load.fabric_of_equal_total(8000) == doctest::Approx(row.total));
    CHECK(load.fabric_of_equal_active(8000) == doctest::Approx(row.active));
  }
  CHECK(sources::predicted_recall(4) == 0.25);
  CHECK(sources::predicted_recall(1) == 1);
  CHECK(sources::predicted_recall(0.2) == 1);
}

TEST_CASE("[facts suite] the loads tie where science says, and nowhere else") {
  for (double alpha = 0; alpha <= 1; alpha += 0.125) {
    const sources::FactLoad load{.domains = 8, .facts = 100, .bits = 32, .similarity = alpha};
    // Equal total: the monolith is never fuller, equal at alpha 0. Equal active: never emptier, equal at alpha 1.
    CHECK((load.monolith(500) < load.fabric_of_equal_total(500)) == (alpha > 0));
    CHECK((load.monolith(500) > load.fabric_of_equal_active(500)) == (alpha < 1));
    CHECK(load.fabric_of_equal_total(500) / load.monolith(500) == doctest::Approx(8 / (alpha + 8 * (1 - alpha))));
  }
}

}  // namespace
}  // namespace loom::planted_facts_test
