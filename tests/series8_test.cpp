// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <set>

#include "tasks/sources/few.h"
#include "tasks/sources/prepared.h"
#include "tasks/sources/time_series.h"
#include "tests/support/prepared_fixture.h"

namespace loom::suites {
SuiteSource series8();
}  // namespace loom::suites

using namespace loom;

namespace loom::series8_test {
namespace {

using testing::PreparedData;

constexpr const char* kHeader = "#a comment\n@problemName Toy\n@timeStamps false\n@classLabel true left right\n@data\n";

// One channel; series i is a line of slope i and length 5.
std::string one_channel(int first, int count) {
  return testing::lines("@classLabel true 1 2\n@data", count, [&](int row) {
    const int i = first + row;
    std::string line;
    for (int t = 0; t < 5; ++t) line += (t > 0 ? "," : "") + std::to_string(i * t);
    return line + ":" + std::to_string(1 + i % 2);
  });
}

std::string two_channels(int first, int count) {
  return testing::lines("@classLabel true a b c\n@data", count, [&](int row) {
    const std::string i = std::to_string(first + row);
    return i + ",1,2:5,7," + i + ":" + "abc"[row % 3];
  });
}

PreparedData& fill(PreparedData& files) {
  const SuiteCard card = *suites::series8().card;
  for (const auto& name : card.domains) {
    const auto text = name == "BasicMotions" ? two_channels : one_channel;
    files.add("series", name + "_TRAIN.ts", text(0, 12));
    files.add("series", name + "_TEST.ts", text(12, 6));
  }
  return files;
}

std::string refusal(const std::string& text) {
  try {
    sources::read_ts("a.ts", text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("[series8] a .ts file is read as written") {
  const auto series =
      sources::read_ts("a.ts", std::string(kHeader) + "1,2,3:4,5,6:right\n\n-1.5, 0 ,2e1:7,8,9: left \r\n");
  CHECK(series.channels == 2);
  CHECK(series.length == 3);
  CHECK(series.classes == std::vector<std::string>{"left", "right"});
  CHECK(series.values == std::vector<float>{1, 2, 3, 4, 5, 6, -1.5F, 0, 20, 7, 8, 9});
  CHECK(series.label == std::vector<int32_t>{1, 0});
  CHECK(series.line == std::vector<int64_t>{6, 8});
}

TEST_CASE("[series8] resampling keeps both ends and draws straight lines between") {
  using Values = std::vector<float>;
  CHECK(sources::resampled(Values{1, 3}, 5) == Values{1, 1.5F, 2, 2.5F, 3});
  CHECK(sources::resampled(Values{0, 4, 8, 0}, 4) == Values{0, 4, 8, 0});
  CHECK(sources::resampled(Values{0, 10, 20, 0, 4}, 3) == Values{0, 20, 4});
  CHECK(sources::resampled(Values{7}, 3) == Values{7, 7, 7});
}

TEST_CASE("[series8] broken .ts files are refused in one line with their place") {
  const std::string header = kHeader;
  CHECK(refusal("") == "a.ts: has no @data: it is no .ts file, or cut short");
  CHECK(refusal(header) == "a.ts: holds no series");
  CHECK(refusal("1,2:left\n") == "a.ts:1: a header line begins with '@', this one with '1,2:left'");
  CHECK(refusal("@data\n1:a\n") == "a.ts:1: the header has no '@classLabel true NAME ...'");
  CHECK(refusal("@classLabel false\n@data\n").starts_with("a.ts:1: '@classLabel true NAME ...' is needed"));
  CHECK(refusal("@timeStamps true\n") == "a.ts:1: time stamps are not read");
  CHECK(refusal("@classLabel true a a\n") == "a.ts:1: two classes are called 'a'");
  CHECK(refusal(header + "1,2,3:left\n1,2:left\n") == "a.ts:7: a channel has 2 values, the first has 3");
  CHECK(refusal(header + "1,2:3:left\n") == "a.ts:6: a channel has 1 values, the first has 2");
  CHECK(refusal(header + "1,2:3,4:left\n1,2:left\n") == "a.ts:7: the series has 1 channels, the first has 2");
  CHECK(refusal(header + "1,?:left\n") == "a.ts:6: a number is needed, but here is '?'");
  CHECK(refusal(header + "1,NaN:left\n") == "a.ts:6: a number is needed, but here is 'NaN'");
  CHECK(refusal(header + "1,:left\n") == "a.ts:6: a number is needed, but here is nothing");
  CHECK(refusal(header + "1,2:up\n") == "a.ts:6: class 'up' is not in the header");
  CHECK(refusal(header + "1,2,3\n") == "a.ts:6: no ':' parts the values from a class");
  CHECK(refusal(header + std::string("1\0,2:left\n", 10)) == "a.ts: is not text: it holds NUL bytes");
}

TEST_CASE("[series8] channels are standardised on the train side, padded and marked") {
  PreparedData files;
  fill(files);
  const Suite suite = suites::series8().load(Json::object());
  CHECK(suite.shape().input_dim == 2 * 96 + 8);
  CHECK(suite.shape().adapters == 8);
  CHECK(suite.shape().outputs == 3);
  const Items& items = suite.train_side();
  CHECK(items.count == 8 * 12);
  CHECK(suite.test_count() == 8 * 6);
  // Channels of the sixth domain, the only one with two.
  const size_t basic_motions = 5;
  for (size_t channel = 0; channel < 2; ++channel) {
    double count = 0, sum = 0, squares = 0;
    for (int64_t i = 0; i < items.count; ++i) {
      const auto values = testing::item_of(items, i);
      const bool two = items.domain[static_cast<size_t>(i)] == basic_motions;
      if (!two) CHECK(values[96] == 0);
      for (size_t t = 0; two && t < 96; ++t)
        ++count, sum += values[96 * channel + t], squares += values[96 * channel + t] * values[96 * channel + t];
    }
    CHECK(count == 12 * 96);
    CHECK(sum / count == doctest::Approx(0).epsilon(1e-5));
    CHECK(squares / count == doctest::Approx(1).epsilon(1e-5));
  }
}

TEST_CASE("[series8] the test file decides nothing on the train side, and a repeated series is left out") {
  PreparedData files;
  fill(files);
  const Suite before = suites::series8().load(Json::object());
  files.add("series", "ACSF1_TEST.ts", "@classLabel true 1 2\n@data\n900,-900,5,5,5:1\n0,1,2,3,9:2\n");
  const Suite after = suites::series8().load(Json::object());
  CHECK(before.train_side().values == after.train_side().values);
  files.add("series", "ACSF1_TEST.ts", "@classLabel true 1 2\n@data\n0,3,6,9,12:1\n0,1,2,3,9:2\n");
  const Suite repeated = suites::series8().load(Json::object());
  CHECK(testing::items_by_domain(repeated.train_side(), 8)[0] == 11);
  CHECK(testing::items_by_domain(repeated.train_side(), 8)[1] == 12);
}

TEST_CASE("[series8] few of each class: in proportion, one each at least, at even distances") {
  sources::Sides sides;
  sides.train_side.label = {0, 0, 0, 4, 9, 4, 0, 0, 4, 0};  // six of 0, three of 4, one of 9
  sides.train_side.count = 10;
  sides.train_side.input_dim = 1;
  for (int32_t i = 0; i < 10; ++i) {
    sides.train_side.values.push_back(static_cast<float>(i));
    sides.train_side.domain.push_back(0);
    sides.train_side.group.push_back(i);
  }
  sides.test = sides.train_side;
  const auto few = [&](int64_t wanted) {
    return with_few(sides, {.suite = "s", .domain = "d", .wanted = wanted, .unit = "series", .each_class = true});
  };
  // Of 5 the shares are 3, 1.5 and 0.5: the one of 9 is taken from those of 4. Of class 0 the 2nd, 4th and 6th.
  CHECK(few(5).train_side.values == std::vector<float>{1, 4, 5, 6, 9});
  CHECK(few(3).train_side.label == std::vector<int32_t>{9, 4, 0});
  CHECK(few(10).train_side.values == sides.train_side.values);
  CHECK(few(3).test.values == sides.test.values);
  CHECK_THROWS_WITH_AS(few(2), "suite 's': d has 3 classes on its train side; 2 are asked for", InputError);
  CHECK_THROWS_WITH_AS(few(11), "suite 's': d has 10 series on its train side; 11 are asked for", InputError);
}

TEST_CASE("[series8] few series of one problem: the others stay as they are, and its test whole") {
  PreparedData files;
  fill(files);
  const Suite plain = suites::series8().load(Json::object());
  CHECK(testing::load_with_defaults(suites::series8(), {{"adapt_rows", 10}}).digest() == plain.digest());
  const Suite some =
      testing::load_with_defaults(suites::series8(), {{"adapt", "ItalyPowerDemand"}, {"adapt_rows", 10}});
  CHECK(some.shape().adapters == 8);
  CHECK(some.test_count() == plain.test_count());
  const size_t italy = 3;
  REQUIRE(some.description().domains[italy] == "ItalyPowerDemand");
  const auto count = testing::items_by_domain(some.train_side(), 8);
  for (size_t d = 0; d < 8; ++d) CHECK(count[d] == (d == italy ? 10 : 12));
  std::map<int32_t, int> classes;
  double sum = 0, squares = 0;
  int64_t at_plain = 0;
  for (int64_t i = 0; i < some.train_side().count; ++i) {
    const auto values = testing::item_of(some.train_side(), i);
    if (some.train_side().domain[static_cast<size_t>(i)] != italy) {
      while (plain.train_side().domain[static_cast<size_t>(at_plain)] == italy) ++at_plain;
      CHECK(values == testing::item_of(plain.train_side(), at_plain++));
      continue;
    }
    ++classes[some.train_side().label[static_cast<size_t>(i)]];
    for (size_t t = 0; t < 96; ++t) sum += values[t], squares += values[t] * values[t];
  }
  CHECK(classes == std::map<int32_t, int>{{0, 5}, {1, 5}});
  CHECK(sum / 960 == doctest::Approx(0).epsilon(1e-5));  // those ten say what is standard
  CHECK(squares / 960 == doctest::Approx(1).epsilon(1e-5));
  CHECK(testing::refusal(files, suites::series8(), {{"adapt", "ItalyPowerDemand"}, {"adapt_rows", 20}}) ==
        "suite 'series8': ItalyPowerDemand has 12 series on its train side; 20 are asked for");
}

TEST_CASE("[series8] the problems to adapt to: sizes of the real ones") {
  if (!sources::is_prepared("series")) {
    MESSAGE("skipped: series8 is not prepared (scripts/data series8)");
    return;
  }
  struct Real {
    const char* name;
    size_t domain;
    int64_t classes, all;
  };
  for (const auto& [name, domain, classes, all] :
       {Real{"ItalyPowerDemand", 3, 2, 67}, Real{"PickupGestureWiimoteZ_eq", 7, 10, 50}}) {
    CAPTURE(name);
    const auto of = [&](int64_t rows) {
      const Suite suite = testing::load_with_defaults(suites::series8(), {{"adapt", name}, {"adapt_rows", rows}});
      std::set<int32_t> seen;
      for (size_t i = 0; i < suite.train_side().label.size(); ++i)
        if (suite.train_side().domain[i] == static_cast<int32_t>(domain)) seen.insert(suite.train_side().label[i]);
      CHECK(std::ssize(seen) == classes);
      CHECK(testing::items_by_domain(suite.train_side(), 8)[domain] == rows);
      return suite.train_digest();
    };
    CHECK(of(10) != of(20));
    // All of them are the problem as it was.
    CHECK(of(all) == testing::load_with_defaults(suites::series8()).train_digest());
  }
}

TEST_CASE("[series8] halves of different channels are refused, absent data named") {
  PreparedData files;
  CHECK_THROWS_WITH_AS(suites::series8().load(Json::object()), doctest::Contains("scripts/data series8"),
                       EnvironmentError);
  fill(files);
  files.add("series", "GunPoint_TEST.ts", two_channels(0, 4));
  CHECK(testing::refusal(files, suites::series8()) == "series/GunPoint_TEST.ts: has 2 channels, the train side has 1");
}

}  // namespace
}  // namespace loom::series8_test
