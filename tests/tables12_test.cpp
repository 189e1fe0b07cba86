// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "harness/suite.h"
#include "tasks/sources/joined_domains.h"
#include "tasks/sources/prepared.h"
#include "tests/support/prepared_fixture.h"

namespace loom::suites {
SuiteSource tables12();
}  // namespace loom::suites

using namespace loom;

namespace loom::tables12_test {
namespace {

using testing::PreparedData;

constexpr int kRows = 60;
const Json kAll = {{"rows", 0}};

std::string plain_table() {
  return testing::lines("x1,x2,y", kRows, [](int i) {
    return std::to_string(3 * i) + "," + std::to_string(i * i % 11) + "," + std::to_string(1 + i % 3);
  });
}

// One number and one text of two values.
std::string mixed_table() {
  return testing::lines("x1,x2,y", kRows, [](int i) {
    return std::to_string(i) + (i % 2 == 0 ? ",odd," : ",even,") + (i % 4 < 2 ? "won" : "lost");
  });
}

PreparedData& fill(PreparedData& files) {
  const SuiteCard card = *suites::tables12().card;
  for (const auto& domain : card.domains)
    files.add("keel", domain + ".csv", domain == "chess" ? mixed_table() : plain_table());
  return files;
}

Suite load(const Json& options = kAll) { return suites::tables12().load(options); }

TEST_CASE("[tables12] joined domains are padded, marked and numbered apart") {
  // Two domains by hand: two inputs and one, one with targets.
  const auto items = [](int64_t width, std::vector<float> values, std::vector<int32_t> label,
                        std::vector<int32_t> group, std::vector<float> target) {
    Items result;
    result.count = std::ssize(label);
    result.input_dim = width;
    result.values = std::move(values);
    result.label = std::move(label);
    result.group = std::move(group);
    result.target = std::move(target);
    result.domain.assign(result.label.size(), 0);
    return result;
  };
  const auto domains = [&] {
    std::vector<sources::DomainSides> two(2);
    two[0] = {"wide", {items(2, {1, 2, 3, 4}, {0, 1}, {0, 1}, {}), items(2, {5, 6}, {1}, {2}, {}), {}}};
    two[1] = {"deep", {items(1, {7}, {20}, {0}, {0.5F}), items(1, {8}, {3}, {1}, {-1.5F}), {}}};
    return two;
  };
  const auto own = join_domains(domains(), sources::Groups::own);
  CHECK(own.domains == std::vector<std::string>{"wide", "deep"});
  CHECK(own.train_side.values == std::vector<float>{1, 2, 1, 0, 3, 4, 1, 0, 7, 0, 0, 1});
  CHECK(own.test.values == std::vector<float>{5, 6, 1, 0, 8, 0, 0, 1});
  CHECK(own.train_side.label == std::vector<int32_t>{0, 1, 20});
  CHECK(own.train_side.domain == std::vector<int32_t>{0, 0, 1});
  CHECK(own.train_side.group == std::vector<int32_t>{0, 1, 3});
  CHECK(own.test.group == std::vector<int32_t>{2, 4});
  CHECK(std::isnan(own.train_side.target[0]));
  CHECK(std::isnan(own.test.target[0]));
  CHECK(own.train_side.target[2] == 0.5F);
  CHECK(own.test.target[1] == -1.5F);
  const auto shared = join_domains(domains(), sources::Groups::shared);
  CHECK(shared.train_side.group == std::vector<int32_t>{0, 1, 0});
  CHECK(shared.test.group == std::vector<int32_t>{2, 1});
}

TEST_CASE("[tables12] numbers are standardised on the train side alone, texts are one-hot") {
  PreparedData files;
  fill(files);
  const Suite suite = load();
  CHECK(suite.shape().input_dim == 3 + 12);  // chess: a number and two texts
  CHECK(suite.shape().adapters == 12);
  CHECK(suite.shape().outputs == 3);
  const Items& items = suite.train_side();
  std::vector<double> count(12), sum(12), squares(12);
  for (int64_t i = 0; i < items.count; ++i) {
    const auto values = testing::item_of(items, i);
    const auto domain = static_cast<size_t>(items.domain[static_cast<size_t>(i)]);
    count[domain] += 1, sum[domain] += values[0], squares[domain] += values[0] * values[0];
    for (size_t d = 0; d < 12; ++d) CHECK(values[3 + d] == (d == domain ? 1 : 0));
    if (suite.description().domains[domain] == "chess")
      CHECK(values[1] + values[2] == 1);
    else
      CHECK(values[2] == 0);
  }
  for (size_t d = 0; d < 12; ++d) {
    CHECK(sum[d] / count[d] == doctest::Approx(0).epsilon(1e-5));
    CHECK(squares[d] / count[d] == doctest::Approx(1).epsilon(1e-5));
  }
}

TEST_CASE("[tables12] a fifth of the rows or so is the test, and equal rows never part") {
  PreparedData files;
  fill(files);
  // 300 rows, each six times.
  files.add("keel", "ring.csv", testing::lines("x1,y", 1800, [](int i) {
              return std::to_string(i % 300) + "," + std::to_string(i % 300 % 2);
            }));
  const Suite suite = load();
  const auto train = testing::items_by_domain(suite.train_side(), 12);
  Evaluator evaluator(suite);
  const auto test = testing::items_by_domain(evaluator.open_test("the test"), 12);
  const size_t ring = 8;
  REQUIRE(suite.description().domains[ring] == "ring");
  CHECK(train[ring] + test[ring] == 1800);
  CHECK(train[ring] % 6 == 0);
  CHECK(std::abs(static_cast<double>(test[ring]) / 1800 - 0.2) < 4 * std::sqrt(0.2 * 0.8 / 300));
  std::multiset<int32_t> groups;
  for (size_t i = 0; i < suite.train_side().group.size(); ++i)
    if (suite.train_side().domain[i] == ring) groups.insert(suite.train_side().group[i]);
  for (int32_t group : groups) CHECK(groups.count(group) == 6);
}

TEST_CASE("[tables12] `rows` keeps a fixed choice of them, the same again") {
  PreparedData files;
  fill(files);
  const Suite some = load({{"rows", 50}});
  Evaluator evaluator(some);
  const Items& test = evaluator.open_test("the test");
  for (size_t d = 0; d < 12; ++d)
    CHECK(testing::items_by_domain(some.train_side(), 12)[d] + testing::items_by_domain(test, 12)[d] == 50);
  CHECK(load({{"rows", 50}}).digest() == some.digest());
  CHECK(load({{"rows", 60}}).digest() == load().digest());
  CHECK(load({{"rows", 50}}).digest() != load().digest());
}

TEST_CASE("[tables12] a thirteenth table of few rows leaves the twelve as they are, and its test whole") {
  PreparedData files;
  fill(files);
  files.add("keel", "vehicle.csv", plain_table());
  const Suite plain = load(), more = load({{"rows", 0}, {"adapt", "vehicle"}, {"adapt_rows", 32}});
  CHECK(load({{"rows", 0}, {"adapt", "none"}, {"adapt_rows", 32}}).digest() == plain.digest());
  CHECK(more.description().domains.back() == "vehicle");
  CHECK(more.shape().adapters == 13);
  const auto count = [](const Items& items) { return testing::items_by_domain(items, 13); };
  CHECK(count(more.train_side())[12] == 32);
  Evaluator of_plain(plain), of_more(more);
  const auto before = count(of_plain.open_test("tables12")), after = count(of_more.open_test("tables12"));
  CHECK(before[0] + count(plain.train_side())[0] == kRows);
  CHECK(after[12] == before[0]);  // the same rows as letter's, here
  for (size_t d = 0; d < 12; ++d) {
    CHECK(after[d] == before[d]);
    CHECK(count(more.train_side())[d] == count(plain.train_side())[d]);
  }
  double sum = 0, squares = 0;  // by its 32 rows alone
  for (int64_t i = 0; i < more.train_side().count; ++i) {
    if (more.train_side().domain[static_cast<size_t>(i)] != 12) continue;
    const double value = more.train_side().values[static_cast<size_t>(i * more.train_side().input_dim)];
    sum += value, squares += value * value;
  }
  CHECK(sum / 32 == doctest::Approx(0).epsilon(1e-5));
  CHECK(squares / 32 == doctest::Approx(1).epsilon(1e-5));
  CHECK(testing::refusal(files, suites::tables12(), {{"rows", 0}, {"adapt", "vehicle"}, {"adapt_rows", 512}})
            .find("rows on its train side; 512 are asked for") != std::string::npos);
}

TEST_CASE("[tables12] the tables to adapt to: sizes of the real ones") {
  if (!sources::is_prepared("keel")) {
    MESSAGE("skipped: tables12 is not prepared (scripts/data tables12)");
    return;
  }
  const std::vector<std::pair<std::string, int64_t>> kClasses = {
      {"vehicle", 4}, {"contraceptive", 3}, {"marketing", 9}};
  for (const auto& [name, classes_of] : kClasses) {
    CAPTURE(name);
    const Suite suite = load({{"rows", 500}, {"adapt", name}, {"adapt_rows", 128}});
    std::set<int32_t> classes;
    for (size_t i = 0; i < suite.train_side().label.size(); ++i)
      if (suite.train_side().domain[i] == 12) classes.insert(suite.train_side().label[i]);
    CHECK(std::ssize(classes) == classes_of);
    CHECK(testing::items_by_domain(suite.train_side(), 13)[12] == 128);
  }
}

TEST_CASE("[tables12] broken tables are refused in one line with their place") {
  PreparedData files;
  fill(files);
  const auto refused = [&](const std::string& text) {
    files.add("keel", "vowel.csv", text);
    return testing::refusal(files, suites::tables12(), kAll);
  };
  CHECK(refused("x1,x2,y\n1,2,a\n3,b\n") == "keel/vowel.csv:3: the row has 2 cells, the first has 3");
  CHECK(refused("x1,x2,y\n1,2,a\n1,nan,b\n2,3,a\n").starts_with("keel/vowel.csv:3: column 'x2' holds numbers"));
  CHECK(refused("1,2,3\n4,5,6\n").starts_with("keel/vowel.csv:1: column 'y' is wanted"));
  CHECK(refused("").starts_with("keel/vowel.csv: is empty"));
}

TEST_CASE("[tables12] without its data the one command is named") {
  const PreparedData empty;
  CHECK_THROWS_WITH_AS(load(), doctest::Contains("scripts/data tables12"), EnvironmentError);
}

TEST_CASE("[tables12] the card names every domain and figures below one") {
  const auto card = suites::tables12().card;
  REQUIRE(card);
  CHECK(card->domains.size() == 12);
  CHECK(card->published.size() == 24);
  const std::set<std::string> domains(card->domains.begin(), card->domains.end());
  for (const auto& figure : card->published) CHECK(domains.contains(figure.domain));
}

}  // namespace
}  // namespace loom::tables12_test
