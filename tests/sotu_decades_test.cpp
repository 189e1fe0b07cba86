// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/evaluator.h"
#include "tasks/sources/documents.h"
#include "tasks/sources/prepared.h"
#include "tests/support/prepared_fixture.h"

namespace loom::suites {
SuiteSource sotu_decades();
}  // namespace loom::suites

using namespace loom;

namespace loom::sotu_decades_test {
namespace {

constexpr int64_t kWindow = 128, kPerKib = 1024 / kWindow;

// Every four bytes say of which year they are and which KiB of the speech.
std::string marked(int year, int kib) {
  std::string bytes;
  for (int at = 0; at < kib * 1024; at += 4)
    for (const int value : {year >> 8, year & 255, at / 1024, 0}) bytes += static_cast<char>(value);
  return bytes;
}

// Ten speeches of 9 KiB a decade and a rest that fills no KiB; in the 1790s nine, in the 2020s two of 41 KiB.
void add_speeches(const testing::PreparedData& data) {
  for (int year = 1791; year <= 2021; ++year)
    data.add("sotu", std::to_string(year) + "_somebody_n.txt", marked(year, year < 2020 ? 9 : 41) + "the rest");
}

Suite load(const Json& changes = Json::object()) {
  return testing::load_with_defaults(suites::sotu_decades(), changes);
}

std::string refused(const std::string& file, const std::string& bytes) {
  testing::PreparedData data;
  add_speeches(data);
  data.add("sotu", file, bytes);
  return testing::refusal(data, suites::sotu_decades());
}

Items test_of(const Suite& suite) {
  Evaluator evaluator(suite);
  return evaluator.open_test("look");
}

int year_of(const Items& items, int64_t item) {
  const uint8_t* at = items.bytes.data() + item * items.input_dim;
  return at[0] * 256 + at[1];
}

TEST_CASE("[sotu_decades] a decade has its own speeches on both sides, and a speech is on one") {
  testing::PreparedData data;
  add_speeches(data);
  const Suite suite = load();
  const Items &train = suite.train_side(), test = test_of(suite);
  CHECK(suite.description().domains.front() == "1790s");
  CHECK(suite.description().domains.back() == "2020s");
  CHECK(testing::items_by_domain(train, 24) == std::vector<int64_t>(24, 32 * kPerKib));
  CHECK(testing::items_by_domain(test, 24) == std::vector<int64_t>(24, 8 * kPerKib));
  std::set<int> train_years, test_years;
  for (const Items* items : {&train, &test})
    for (int64_t i = 0; i < items->count; ++i) {
      CHECK(items->domain[static_cast<size_t>(i)] == (year_of(*items, i) - 1790) / 10);
      (items == &train ? train_years : test_years).insert(year_of(*items, i));
    }
  // The middles of two parts of five speeches; of nine, 1791 to 1799, the middle one; of two the second.
  std::set<int> expected = {1795, 2021};
  for (int decade = 1800; decade < 2020; decade += 10) expected.insert({decade + 2, decade + 7});
  CHECK(test_years == expected);
  for (const int year : test_years) CHECK_FALSE(train_years.contains(year));
  CHECK(train_years.size() == 231 - expected.size());
}

TEST_CASE("[sotu_decades] a speech is a group; where a decade has one to learn from, a quarter of it is") {
  testing::PreparedData data;
  add_speeches(data);
  const Suite suite = load({{"train_kib", 34}});
  const Items &train = suite.train_side(), test = test_of(suite);
  std::map<int32_t, std::set<int>> years_of;
  std::map<int, std::set<int32_t>> groups_of;
  for (const Items* items : {&train, &test})
    for (int64_t i = 0; i < items->count; ++i) {
      const int32_t group = items->group[static_cast<size_t>(i)];
      years_of[group].insert(year_of(*items, i));
      groups_of[year_of(*items, i)].insert(group);
    }
  for (const auto& [group, years] : years_of) CHECK(years.size() == 1);
  for (const auto& [year, groups] : groups_of) CHECK(groups.size() == (year == 2020 ? 4 : 1));
  std::set<int32_t> splits;  // of the one speech that 2020s has to learn from
  for (const Split split : kTrainSideSplits)
    for (const int64_t item : suite.indices(split, 3))
      if (train.domain[static_cast<size_t>(item)] == 23) splits.insert(static_cast<int32_t>(split));
  CHECK(splits.size() == 4);
}

TEST_CASE("[sotu_decades] parts of a document are its whole KiB in order, about equally many") {
  const sources::Document document = {marked(1800, 10) + "the rest", 40};
  std::string together;
  std::vector<size_t> sizes;
  int32_t group = 40;
  for (const auto& part : sources::parted(document, 4)) {
    CHECK(part.group == group++);
    together += part.text;
    sizes.push_back(part.text.size() / 1024);
  }
  CHECK(together == marked(1800, 10));
  CHECK(sizes == std::vector<size_t>{2, 3, 2, 3});
}

TEST_CASE("[sotu_decades] what is too short, too late or misnamed is refused") {
  CHECK(refused("2020_somebody_n.txt", marked(2020, 30)) ==
        "suite 'sotu_decades': 2020s of the train side has 30 KiB in whole pieces of its documents; 32 are asked for");
  CHECK(refused("2021_somebody_n.txt", marked(2021, 7)) ==
        "suite 'sotu_decades': 2020s of the test has 7 KiB in whole pieces of its documents; 8 are asked for");
  for (const std::string name : {"1789_somebody_n.txt", "2030_somebody_n.txt", "179_somebody_n.txt", "readme.txt"}) {
    CAPTURE(name);
    CHECK(refused(name, marked(2021, 7)) ==
          "sotu/" + name + ": is no speech of 1790 to 2029; these are called YEAR_PRESIDENT_PARTY.txt");
  }
}

TEST_CASE("[sotu_decades] data that are not here are the machine's fault") {
  testing::PreparedData data;
  CHECK_THROWS_WITH_AS(load(), doctest::Contains("scripts/data sotu_decades"), EnvironmentError);
}

TEST_CASE("[sotu_decades] the real speeches: the digest of a second reader, written in Python") {
  if (!sources::is_prepared("sotu")) {
    MESSAGE("skipped: data set sotu is not prepared (scripts/data sotu_decades)");
    return;
  }
  const Suite suite = load();
  CHECK(suite.train_side().count == 24 * 32 * kPerKib);
  CHECK(suite.test_count() == 24 * 8 * kPerKib);
  CHECK(suite.digest() == "f703952b80a530298dbf8134b5cea0e6fadf7c9c82ea3b8b29124efebe3649e0");
}

}  // namespace
}  // namespace loom::sotu_decades_test
