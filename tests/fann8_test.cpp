// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>

#include "harness/grid.h"
#include "tasks/sources/prepared.h"
#include "tests/support/prepared_fixture.h"

namespace loom::suites {
SuiteSource fann8();
SuiteSource building3();
SuiteSource yeast14();
}  // namespace loom::suites

using namespace loom;

namespace loom::fann8_test {
namespace {

using testing::PreparedData;

// Rows first .. first + 19 of a table of two inputs; the answers are the three classes of i % 3, or three numbers.
std::string half(int first, bool classes) {
  return testing::lines("x1,x2,y1,y2,y3", 20, [&](int row) {
    const int i = first + row;
    std::string line = std::to_string(i) + "," + std::to_string(i * 7 % 5);
    for (int k = 0; k < 3; ++k) line += "," + std::to_string(classes ? (i % 3 == k ? 1 : 0) : (k + 1) * i);
    return line;
  });
}

bool of_classes(const std::string& name) { return name == "gene" || name == "thyroid" || name == "soybean"; }

PreparedData& fill(PreparedData& files) {
  const SuiteCard card = *suites::fann8().card;
  for (const auto& name : card.domains) {
    files.add("fann", name + "_train.csv", half(0, of_classes(name)));
    files.add("fann", name + "_test.csv", half(name == "gene" ? 17 : 20, of_classes(name)));
  }
  return files;
}

Suite load(const SuiteSource& source) { return source.load(Json::object()); }

std::string yeast_rows(int count) {
  std::string header = "x1,x2";
  for (int k = 1; k <= 14; ++k) header += ",y" + std::to_string(k);
  return testing::lines(header, count, [](int i) {
    std::string line = std::to_string(i) + "," + std::to_string(i % 10);
    for (int k = 0; k < 14; ++k) line += i % (k + 2) == 0 ? ",1" : ",0";
    return line;
  });
}

TEST_CASE("[fann8] classes have no target, numbers are binned, and every domain is marked") {
  PreparedData files;
  fill(files);
  const Suite suite = load(suites::fann8());
  CHECK(suite.description().metric == "accuracy_or_r2");
  CHECK(suite.shape().input_dim == 2 + 8);
  CHECK(suite.shape().adapters == 8);
  CHECK(suite.shape().outputs == kGridBins);
  const Items& items = suite.train_side();
  for (int64_t i = 0; i < items.count; ++i) {
    const auto at = static_cast<size_t>(i);
    const auto& name = suite.description().domains[static_cast<size_t>(items.domain[at])];
    CHECK(std::isnan(items.target[at]) == of_classes(name));
    if (of_classes(name)) CHECK(items.label[at] < 3);
    if (!of_classes(name)) CHECK(items.label[at] == grid_bin(items.target[at]));
    const auto values = testing::item_of(items, i);
    for (int32_t d = 0; d < 8; ++d) CHECK(values[static_cast<size_t>(2 + d)] == (d == items.domain[at] ? 1 : 0));
  }
}

TEST_CASE("[fann8] train rows that the test repeats are left out, counted and named") {
  PreparedData files;
  fill(files);
  const Suite suite = load(suites::fann8());
  // Rows 17, 18 and 19 of gene are in both of its halves.
  CHECK(testing::items_by_domain(suite.train_side(), 8) == std::vector<int64_t>{17, 20, 20, 20, 20, 20, 20, 20});
  CHECK(suite.test_count() == 160);
  CHECK(suite.description().summary.ends_with(": gene 3"));
}

TEST_CASE("[fann8] data that is absent or broken is refused with its place") {
  PreparedData files;
  CHECK_THROWS_WITH_AS(load(suites::fann8()), doctest::Contains("scripts/data fann8"), EnvironmentError);
  fill(files);
  files.add("fann", "thyroid_test.csv", "x1,x2,y1,y2,y3\n1,2,0,inf,0\n");
  CHECK(testing::refusal(files, suites::fann8()) == "fann/thyroid_test.csv:2: a number is needed, but here is 'inf'");
}

TEST_CASE("[fann8] building3 asks three questions on the same inputs and one group") {
  PreparedData files;
  fill(files);
  const Suite suite = load(suites::building3());
  CHECK(suite.shape().adapters == 0);
  CHECK(suite.shape().input_dim == 2 + 3);
  const Items& items = suite.train_side();
  REQUIRE(items.count == 3 * 20);
  for (int64_t i = 0; i < 20; ++i)
    for (int64_t k = 1; k < 3; ++k) {
      const auto first = testing::item_of(items, i), other = testing::item_of(items, i + 20 * k);
      CHECK(first[0] == other[0]);
      CHECK(first[1] == other[1]);
      CHECK(first[2] == 1);
      CHECK(other[static_cast<size_t>(2 + k)] == 1);
      CHECK(items.group[static_cast<size_t>(i)] == items.group[static_cast<size_t>(i + 20 * k)]);
      // The three answers are multiples of one another, so they standardise to the same number.
      CHECK(items.target[static_cast<size_t>(i)] == doctest::Approx(items.target[static_cast<size_t>(i + 20 * k)]));
    }
}

TEST_CASE("[fann8] yeast14 is fourteen questions on a row, which stay in one split") {
  PreparedData files;
  files.add("yeast", "yeast.csv", yeast_rows(1600));
  const Suite suite = load(suites::yeast14());
  CHECK(suite.train_side().count == 14 * 1500);
  CHECK(suite.test_count() == 14 * 100);
  CHECK(suite.shape().adapters == 0);
  CHECK(suite.shape().outputs == 2);
  for (Split split : kTrainSideSplits) {
    const auto indices = suite.indices(split, 3);
    std::vector<int> questions(1500, 0);
    for (int64_t i : indices) ++questions[static_cast<size_t>(i % 1500)];
    for (int count : questions) CHECK((count == 0 || count == 14));
  }
  for (int64_t i = 0; i < 1500; ++i)
    for (int64_t k = 0; k < 14; ++k)
      CHECK(suite.train_side().label[static_cast<size_t>(k * 1500 + i)] == (i % (k + 2) == 0 ? 1 : 0));
}

TEST_CASE("[fann8] a yeast table with fewer labels is refused") {
  PreparedData files;
  files.add("yeast", "yeast.csv", half(0, true));
  CHECK(testing::refusal(files, suites::yeast14()) == "yeast/yeast.csv:1: names 3 answers; this suite has 14");
}

}  // namespace
}  // namespace loom::fann8_test
