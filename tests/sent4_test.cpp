// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/evaluator.h"
#include "tasks/sources/hashed_bags.h"
#include "tasks/sources/prepared.h"
#include "tests/support/prepared_fixture.h"

namespace loom::suites {
SuiteSource sent4();
SuiteSource sent4_published();
}  // namespace loom::suites

using namespace loom;

namespace loom::sent4_test {
namespace {

const std::string kHeader = "id,rating,text\n";

// `count` sentences a domain, rated -2, 0 and 2 in turn.
void add_sentences(testing::PreparedData& data, int count) {
  for (const std::string domain : {"tweets", "movie", "amazon", "nyt"}) {
    std::string csv = kHeader;
    for (int i = 0; i < count; ++i)
      csv += std::to_string(i) + "," + std::to_string(2 * (i % 3) - 2) + ",\"" + domain + " says, number " +
             std::to_string(i) + "\"\n";
    data.add("sent4", domain + ".csv", csv);
  }
}

std::string refused(const std::string& csv) {
  testing::PreparedData data;
  add_sentences(data, 40);
  data.add("sent4", "movie.csv", csv);
  return testing::refusal(data, suites::sent4());
}

std::map<int32_t, int> labels_of(const Suite& suite) {
  std::map<int32_t, int> count;
  for (int32_t label : suite.train_side().label) ++count[label];
  Evaluator evaluator(suite);
  for (int32_t label : evaluator.open_test("count").label) ++count[label];
  return count;
}

std::set<int32_t> bag(const Items& items, int64_t at) {
  const auto begin = items.ids.begin() + at * items.input_dim;
  std::set<int32_t> ids(begin, begin + items.input_dim);
  ids.erase(-1);
  return ids;
}

// Sentences of each domain on both sides: train side, then test.
std::vector<int> sizes(const Suite& suite) {
  std::vector<int> count(8);
  for (int32_t domain : suite.train_side().domain) ++count[static_cast<size_t>(domain)];
  Evaluator evaluator(suite);
  for (int32_t domain : evaluator.open_test("count").domain) ++count[static_cast<size_t>(4 + domain)];
  return count;
}

TEST_CASE("[sent4] a rating above 0 is positive; the paper's protocol keeps 0 apart") {
  testing::PreparedData data;
  add_sentences(data, 60);
  CHECK(labels_of(testing::load_with_defaults(suites::sent4())) == std::map<int32_t, int>{{0, 160}, {1, 80}});
  const Suite published = testing::load_with_defaults(suites::sent4_published());
  CHECK(labels_of(published) == std::map<int32_t, int>{{0, 80}, {1, 80}, {2, 80}});
  CHECK(published.shape().outputs == 3);
}

TEST_CASE("[sent4] an item is the set of its words and pairs") {
  testing::PreparedData data;
  add_sentences(data, 40);
  const Suite suite = testing::load_with_defaults(suites::sent4());
  CHECK(suite.shape().vocabulary == 16384);
  CHECK(suite.shape().input_dim == 128);
  std::set<std::set<int32_t>> known;  // of tweets, hashed here
  for (int i = 0; i < 40; ++i) {
    std::set<int32_t> ids;
    const std::string n = std::to_string(i);
    for (const std::string& feature :
         {std::string("w:tweets"), std::string("v:tweets says"), std::string("w:says"), std::string("v:says ,"),
          std::string("w:,"), std::string("v:, number"), std::string("w:number"), "v:number " + n, "w:" + n})
      ids.insert(sources::hashed_feature(feature));
    known.insert(ids);
  }
  for (int64_t i = 0; i < suite.train_side().count; ++i)
    CHECK(known.contains(bag(suite.train_side(), i)) == (suite.train_side().domain[static_cast<size_t>(i)] == 0));
  const Suite more = testing::load_with_defaults(suites::sent4(), {{"features", "words_chars"}, {"width", 64}});
  CHECK(more.shape().input_dim == 64);
  CHECK(bag(more.train_side(), 0).size() > 9);
}

TEST_CASE("[sent4] texts of the same tokens share a group, in every domain, and no group is on both sides") {
  testing::PreparedData data;
  add_sentences(data, 40);
  std::string csv = kHeader;
  for (int i = 0; i < 40; ++i)
    csv += "a,1,Number " + std::to_string(i) + ".\nb,-1,NUMBER  " + std::to_string(i) + " .\n";
  data.add("sent4", "nyt.csv", csv);
  data.add("sent4", "amazon.csv", csv);
  const Suite suite = testing::load_with_defaults(suites::sent4());
  std::map<int32_t, int> members;
  for (size_t i = 0; i < suite.train_side().group.size(); ++i)
    if (suite.train_side().domain[i] >= 2) ++members[suite.train_side().group[i]];
  for (const auto& [group, count] : members) CHECK(count == 4);
  Evaluator evaluator(suite);
  for (int32_t group : evaluator.open_test("groups").group) CHECK_FALSE(members.contains(group));
}

TEST_CASE("[sent4] a file that is not as it should be gives its line") {
  CHECK(refused(kHeader + "1,0.5,good\n2,0.5\n") == "sent4/movie.csv:3: the row has 2 cells, the first has 3");
  CHECK(refused(kHeader + "1,nan,good\n") == "sent4/movie.csv:2: the rating 'nan' is not from -4 to 4");
  CHECK(refused(kHeader + "1,good,0.5\n") == "sent4/movie.csv:2: the rating 'good' is not a number");
  CHECK(refused(kHeader + "1,0.5,good\n2,4.5,better\n") == "sent4/movie.csv:3: the rating '4.5' is not from -4 to 4");
  CHECK(refused(kHeader + "1,0.5,\n") == "sent4/movie.csv:2: the text is empty");
  CHECK(refused("id,text,rating\n1,good,1\n") == "sent4/movie.csv:1: the header must be id,rating,text");
  CHECK(refused(kHeader) == "sent4/movie.csv: holds no rows");
  CHECK(refused("") == "sent4/movie.csv: is empty");
  CHECK(refused(kHeader + "1,0.5,\"good\n") == "sent4/movie.csv:2: a quote opens here and never closes");
}

TEST_CASE("[sent4] without data the command that fetches it is named") {
  testing::PreparedData data;
  CHECK_THROWS_WITH_AS(testing::load_with_defaults(suites::sent4_published()), doctest::Contains("scripts/data"),
                       EnvironmentError);
}

TEST_CASE("[sent4] the card gives the paper's table, column by column") {
  const SuiteSource source = suites::sent4_published();
  REQUIRE(source.card);
  CHECK(source.card->published.size() == 24);
  std::map<std::string, double> own;  // the diagonal
  for (const auto& published : source.card->published)
    if (published.what.starts_with("naive Bayes trained on " + published.domain))
      own[published.domain] = published.score;
  CHECK(own == std::map<std::string, double>{{"tweets", .84}, {"movie", .75}, {"amazon", .61}, {"nyt", .49}});
}

TEST_CASE("[sent4] the real sentences: sizes and digests") {
  if (!sources::is_prepared("sent4")) {
    MESSAGE("skipped: sent4 is not prepared (scripts/data sent4)");
    return;
  }
  const Suite suite = testing::load_with_defaults(suites::sent4());
  const auto count = sizes(suite);
  const std::vector<int> all = {4200, 10605, 3708, 5190};
  for (size_t d = 0; d < 4; ++d) {
    CHECK(count[d] + count[d + 4] == all[d]);
    CHECK(std::abs(count[d + 4] - all[d] * 0.2) < 4 * std::sqrt(all[d] * 0.16));
  }
  CHECK(suite.digest() == "26b2c7e282ade32307558bdcb6a04448f95a6d7a5d99d9513eb17a321b6482fc");
  const Suite published = testing::load_with_defaults(suites::sent4_published());
  CHECK(published.digest() == "fd815631d0837fab1c2f5e7abd40f327082ddc06bb787cd4a2cfd0575e5be77c");
  // Without a cut: the digests of a second reader, written in Python from the headers alone.
  CHECK(testing::load_with_defaults(suites::sent4(), {{"width", 512}}).digest() ==
        "0d238179747ea30ffed4a8359fd8a4ff2ca5e18d734c1834231c2884bb739013");
  CHECK(testing::load_with_defaults(suites::sent4_published(), {{"width", 512}}).digest() ==
        "55d3144083037732397e82e0df0508ae513ddd8f82404665f9cc666288ee97c2");
}

}  // namespace
}  // namespace loom::sent4_test
