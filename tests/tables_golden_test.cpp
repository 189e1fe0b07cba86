// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "tasks/sources/prepared.h"
#include "tests/support/prepared_fixture.h"

// The suites on the real data against tests/golden/tables.tsv, which scripts/table_witness.py writes.

namespace loom::suites {
SuiteSource building3();
SuiteSource fann8();
SuiteSource series8();
SuiteSource tables12();
SuiteSource yeast14();
}  // namespace loom::suites

using namespace loom;

namespace loom::tables_golden_test {
namespace {

struct Sums {
  int64_t items = 0, labels = 0;
  double inputs = 0;
};
struct Witness {
  std::string domain;
  Sums train, test;
};

std::map<std::string, std::vector<Witness>> read_witnesses() {
  std::ifstream file(LOOM_SOURCE_DIR "/tests/golden/tables.tsv");
  std::map<std::string, std::vector<Witness>> result;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    std::string suite;
    Witness witness;
    cells >> suite >> witness.domain;
    for (Sums* sums : {&witness.train, &witness.test}) cells >> sums->items >> sums->labels >> sums->inputs;
    REQUIRE(!cells.fail());
    result[suite].push_back(witness);
  }
  return result;
}

std::vector<Sums> sums_of(const Items& items, size_t domains) {
  std::vector<Sums> result(domains);
  const int64_t inputs = items.input_dim - static_cast<int64_t>(domains);
  for (int64_t i = 0; i < items.count; ++i) {
    Sums& sums = result[static_cast<size_t>(items.domain[static_cast<size_t>(i)])];
    ++sums.items;
    sums.labels += items.label[static_cast<size_t>(i)];
    for (int64_t k = 0; k < inputs; ++k)
      sums.inputs += std::abs(items.values[static_cast<size_t>(i * items.input_dim + k)]);
  }
  return result;
}

void check_sums(const Sums& found, const Sums& expected) {
  CHECK(found.items == expected.items);
  CHECK(found.labels == expected.labels);
  CHECK(found.inputs == doctest::Approx(expected.inputs).epsilon(1e-6));
}

// What the command line would fill in.
Json defaults(const SuiteSource& source) {
  Json options = Json::object();
  for (const Field& field : source.facts.fields) options[field.name] = field.fallback;
  return options;
}

void check_suite(const SuiteSource& source, const Json& options, const std::string& digest) {
  const std::string data_set = source.card->data.at(0);
  if (!sources::is_prepared(data_set)) {
    MESSAGE("skipped: ", data_set, " is not prepared here (scripts/data ", source.facts.name, ")");
    return;
  }
  const Suite suite = source.load(options);
  Evaluator evaluator(suite);
  const auto witnesses = read_witnesses()[source.facts.name];
  REQUIRE(witnesses.size() == suite.description().domains.size());
  CHECK(suite.description().domains == source.card->domains);
  const auto train = sums_of(suite.train_side(), witnesses.size());
  const auto test = sums_of(evaluator.open_test("the test"), witnesses.size());
  for (size_t d = 0; d < witnesses.size(); ++d) {
    CAPTURE(witnesses[d].domain);
    CHECK(suite.description().domains[d] == witnesses[d].domain);
    check_sums(train[d], witnesses[d].train);
    check_sums(test[d], witnesses[d].test);
  }
  CHECK(suite.digest().substr(0, 16) == digest);
}

TEST_CASE("[tables golden] tables12, all rows") { check_suite(suites::tables12(), {{"rows", 0}}, "9d9060ad05f0d6a5"); }

TEST_CASE("[tables golden] tables12 as it stands has at most 4000 rows of a table") {
  const SuiteSource source = suites::tables12();
  if (!sources::is_prepared("keel")) {
    MESSAGE("skipped: keel is not prepared here (scripts/data tables12)");
    return;
  }
  const Suite suite = source.load(defaults(source));
  CHECK(suite.train_side().count + suite.test_count() == 8 * 4000 + 2310 + 3190 + 3196 + 990);
  CHECK(suite.shape().outputs == 26);
  CHECK(suite.digest().substr(0, 16) == "ea6e6cf6c0cb8fde");
}

TEST_CASE("[tables golden] fann8") { check_suite(suites::fann8(), Json::object(), "f8c42fccafba39eb"); }
TEST_CASE("[tables golden] building3") { check_suite(suites::building3(), Json::object(), "9c23c60b74e8408b"); }
TEST_CASE("[tables golden] yeast14") { check_suite(suites::yeast14(), Json::object(), "3b13af4071040ece"); }
TEST_CASE("[tables golden] series8") { check_suite(suites::series8(), Json::object(), "c3db15cf6a3a2520"); }

}  // namespace
}  // namespace loom::tables_golden_test
