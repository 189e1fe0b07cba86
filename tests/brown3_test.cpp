// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/baselines.h"
#include "harness/evaluator.h"
#include "harness/metrics.h"
#include "tasks/sources/brown.h"
#include "tasks/sources/hashed_bags.h"
#include "tasks/sources/prepared.h"
#include "tests/support/prepared_fixture.h"

namespace loom::suites {
SuiteSource brown3();
}  // namespace loom::suites

using namespace loom;

namespace loom::brown3_test {
namespace {

constexpr int32_t kAsked = 1 << 14;

// Twenty documents of two genres, in sentences that differ from one to the next.
void add_documents(testing::PreparedData& data) {
  for (int i = 0; i < 20; ++i) {
    std::string text = "\n\n";
    for (int s = 0; s < 40; ++s)
      text +=
          "\tThe/at dog/nn no" + std::to_string(i) + "x" + std::to_string(s * 7) + "/np-tl of/in Mr./np runs/vbz ./.\n";
    const std::string number = std::to_string(i % 10 + 1);
    data.add("brown", std::string(i < 10 ? "ca" : "cr") + (number.size() < 2 ? "0" : "") + number, text);
  }
}

Suite load() { return testing::load_with_defaults(suites::brown3(), {{"train_words", 300}, {"test_words", 40}}); }

std::string refused(const std::string& name, const std::string& text) {
  testing::PreparedData data;
  add_documents(data);
  data.add("brown", name, text);
  return testing::refusal(data, suites::brown3());
}

std::set<int32_t> bag(const Items& items, int64_t at) {
  const auto begin = items.ids.begin() + at * items.input_dim;
  std::set<int32_t> ids(begin, begin + items.input_dim);
  ids.erase(-1);
  return ids;
}

TEST_CASE("[brown3] tags are reduced to their first part without marks") {
  CHECK(sources::coarse_tag("nn") == "nn");
  CHECK(sources::coarse_tag("fw-nn-tl") == "nn");
  CHECK(sources::coarse_tag("nn-tl-hl") == "nn");
  CHECK(sources::coarse_tag("ppss+bez") == "ppss");
  CHECK(sources::coarse_tag("np$-tl") == "np$");
  CHECK(sources::coarse_tag("md*") == "md*");
  CHECK(sources::coarse_tag("--") == "--");
}

TEST_CASE("[brown3] a document is its words with single blanks") {
  testing::PreparedData data;
  data.add("brown", "cn07", "\n\n\tThe/at  1/2/cd\nend/nn-hl ./.\n");
  const auto document = sources::read_tagged_document(data.path() / "brown" / "cn07");
  CHECK(document.text == "The 1/2 end .");
  CHECK(sources::kBrownGenres[static_cast<size_t>(document.genre)] == 'n');
  REQUIRE(document.words.size() == 4);
  CHECK(document.words[1].begin == 4);
  CHECK(document.words[1].length == 3);
  CHECK(document.words[1].tag == "cd");
  CHECK(document.words[2].tag == "nn");
}

TEST_CASE("[brown3] a word is asked three times, with one feature that says what") {
  testing::PreparedData data;
  add_documents(data);
  const Suite suite = load();
  const Items& items = suite.train_side();
  CHECK(suite.description().domains == std::vector<std::string>{"tag", "next", "genre"});
  CHECK(suite.shape().vocabulary == kAsked + 3);
  CHECK(items.count == 900);
  CHECK(suite.test_count() == 120);
  for (int64_t i = 0; i < items.count; i += 3) {
    std::set<std::set<int32_t>> without;
    for (int32_t output = 0; output < 3; ++output) {
      auto ids = bag(items, i + output);
      CHECK(items.domain[static_cast<size_t>(i + output)] == output);
      CHECK(items.group[static_cast<size_t>(i + output)] == items.group[static_cast<size_t>(i)]);
      CHECK(ids.erase(kAsked + output) == 1);
      CHECK(*ids.rbegin() < kAsked);
      without.insert(ids);
    }
    CHECK(without.size() == 1);
  }
}

TEST_CASE("[brown3] labels are of the word, the byte after the window and the document, in classes of their own") {
  testing::PreparedData data;
  add_documents(data);
  const Suite suite = load();
  const Items& items = suite.train_side();
  // Of the five tags np is the commonest, twice a sentence.
  std::map<std::string, std::set<int32_t>> tags_of;
  for (int64_t i = 0; i < items.count; i += 3) {
    const auto ids = bag(items, i);
    const int32_t tag = items.label[static_cast<size_t>(i)];
    for (const std::string word : {"the", "dog", "of", "mr.", "runs"})
      if (ids.contains(sources::hashed_feature("w:" + word))) tags_of[word].insert(tag);
    CHECK(tag < 5);
    CHECK(items.label[static_cast<size_t>(i + 1)] >= 64);
    CHECK(items.label[static_cast<size_t>(i + 1)] < 128);
    CHECK(items.label[static_cast<size_t>(i + 2)] == 128 + (items.group[static_cast<size_t>(i)] < 10 ? 0 : 14));
  }
  CHECK(tags_of.at("mr.") == std::set<int32_t>{0});
  std::set<int32_t> different;
  for (const auto& [word, tags] : tags_of) {
    CHECK(tags.size() == 1);
    different.insert(*tags.begin());
  }
  CHECK(different == std::set<int32_t>{0, 1, 2, 3, 4});
}

TEST_CASE("[brown3] every tenth document is the test's") {
  testing::PreparedData data;
  add_documents(data);
  const Suite suite = load();
  Evaluator evaluator(suite);
  const auto& test = evaluator.open_test("groups").group;
  CHECK(std::set<int32_t>(test.begin(), test.end()) == std::set<int32_t>{9, 19});
  const auto& train = suite.train_side().group;
  CHECK(std::set<int32_t>(train.begin(), train.end()).size() == 18);
}

TEST_CASE("[brown3] a genre held out: all its documents are the test, none is trained on or counted") {
  testing::PreparedData data;
  add_documents(data);
  std::string text;
  for (int s = 0; s < 100; ++s) text += "oh/uh oh/uh quite/ql\n";
  data.add("brown", "cr03", text);
  const Json sizes = {{"train_words", 300}, {"test_words", 400}, {"genre", "humor"}};
  const Suite suite = testing::load_with_defaults(suites::brown3(), sizes);
  CHECK(suite.description().domains == std::vector<std::string>{"tag", "next"});
  CHECK(suite.shape().vocabulary == kAsked + 2);
  CHECK(suite.shape().asked == 2);
  CHECK(suite.shape().outputs == 2 * 64);
  CHECK(suite.train_side().count == 2 * 300);
  const auto& train = suite.train_side().group;
  CHECK(std::set<int32_t>(train.begin(), train.end()) == std::set<int32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8});
  Evaluator evaluator(suite);
  const Items& test = evaluator.open_test("genre");
  CHECK(std::set<int32_t>(test.group.begin(), test.group.end()) ==
        std::set<int32_t>{10, 11, 12, 13, 14, 15, 16, 17, 18, 19});
  int64_t interjections = 0;
  for (int64_t i = 0; i < test.count; i += 2) {
    if (!bag(test, i).contains(sources::hashed_feature("w:oh"))) continue;
    CHECK(test.label[static_cast<size_t>(i)] == 63);  // with the tags that are rarer than 63 others
    ++interjections;
  }
  CHECK(interjections > 10);
  Json plain = sizes;
  plain["genre"] = "all";
  CHECK(testing::load_with_defaults(suites::brown3(), plain).description().domains.size() == 3);
  plain.erase("genre");
  CHECK(suites::brown3().load(plain).digest() ==
        testing::load_with_defaults(suites::brown3(), {{"train_words", 300}, {"test_words", 400}}).digest());
  CHECK(testing::refusal(data, suites::brown3(), {{"train_words", 300}, {"genre", "learned"}}) ==
        "suite 'brown3': 2000 test words are asked for; the documents have 0");
}

int32_t commonest(const Items& items, int32_t question) {
  std::map<int32_t, int> counts;
  for (size_t i = 0; i < items.label.size(); ++i)
    if (items.domain[i] == question) ++counts[items.label[i]];
  return std::ranges::max_element(counts, {}, [](const auto& one) { return one.second; })->first;
}

// Whoever says the same class for every item of a question.
Outcomes constant_answers(const Items& test, int64_t outputs, const std::vector<int32_t>& said) {
  Outcomes o;
  o.items = test.count;
  o.outputs = outputs;
  o.domain = test.domain, o.group = test.group, o.target = test.label;
  o.log_probs.assign(static_cast<size_t>(o.items * outputs), std::log(0.5F / static_cast<float>(outputs - 1)));
  for (int64_t i = 0; i < o.items; ++i)
    o.log_probs[static_cast<size_t>(i * outputs + said[static_cast<size_t>(test.domain[static_cast<size_t>(i)])])] =
        std::log(0.5F);
  summarise(o);
  return o;
}

TEST_CASE("[brown3] with a genre held out both questions are scored, and no other") {
  testing::PreparedData data;
  add_documents(data);
  const Suite suite =
      testing::load_with_defaults(suites::brown3(), {{"train_words", 300}, {"test_words", 250}, {"genre", "humor"}});
  Evaluator evaluator(suite);
  const Items& test = evaluator.open_test("scores");
  const std::vector<int32_t> said = {commonest(suite.train_side(), 0), commonest(suite.train_side(), 1)};
  CHECK(said[0] < 64);
  CHECK(said[1] >= 64);
  std::vector<double> right(2);
  for (size_t i = 0; i < test.label.size(); ++i)
    right[static_cast<size_t>(test.domain[i])] += test.label[i] == said[static_cast<size_t>(test.domain[i])] ? 1 : 0;
  CHECK(right[0] > 0);
  CHECK(right[1] > 0);
  const Scores scores = score(constant_answers(test, suite.shape().outputs, said), "accuracy", suite.shape().domains);
  REQUIRE(scores.domain.size() == 2);
  CHECK(scores.domain[0] == right[0] / 250);
  CHECK(scores.domain[1] == right[1] / 250);
  CHECK(scores.macro == doctest::Approx((right[0] + right[1]) / 500));
  CHECK(scores.cells.size() == 2 * 10);  // each question in each document
  const auto floors = baselines(suite.description(), suite.train_side(), test);
  CHECK(*floors[0].floor == scores.domain[0]);
  CHECK(*floors[1].floor == scores.domain[1]);
}

TEST_CASE("[brown3] a document that is not as it should be gives its line") {
  CHECK(refused("ca05", "The/at\ndog runs/vbz\n") == "brown/ca05:2: 'dog' is not a word with its tag");
  CHECK(refused("ca05", "The/at\n\n/nn\n") == "brown/ca05:3: '/nn' is not a word with its tag");
  CHECK(refused("ca05", "The/\n") == "brown/ca05:1: 'The/' is not a word with its tag");
  CHECK(refused("ca05", "The/fw-\n") == "brown/ca05:1: 'The/fw-' is not a word with its tag");
  CHECK(refused("ca05", "\n\n") == "brown/ca05: holds no words");
  CHECK(refused("cats.txt", "ca01 news\n") ==
        "brown/cats.txt: is no document of the corpus; these are called ca01 .. cr09");
  CHECK(refused("ca05", "The/at\n").starts_with("suite 'brown3': 8000 train words are asked for"));
}

TEST_CASE("[brown3] the real corpus: sizes and digest") {
  if (!sources::is_prepared("brown")) {
    MESSAGE("skipped: brown3 is not prepared (scripts/data brown3)");
    return;
  }
  const Suite suite = testing::load_with_defaults(suites::brown3());
  CHECK(suite.train_side().count == 24000);
  CHECK(suite.test_count() == 6000);
  CHECK(suite.shape().outputs == 2 * 64 + 15);
  const auto& train = suite.train_side().group;
  CHECK(std::set<int32_t>(train.begin(), train.end()).size() == 450);
  // Also the digest of a second reader, written in Python.
  CHECK(suite.digest() == "3478892de1f65dbcd9018374cbc6b221a8a91e2f62198c8e21af8fbaf634cb6e");
}

TEST_CASE("[brown3] the real corpus without one genre: documents and words of the test") {
  if (!sources::is_prepared("brown")) {
    MESSAGE("skipped: brown3 is not prepared (scripts/data brown3)");
    return;
  }
  const std::map<std::string, size_t> documents = {{"science_fiction", 6}, {"humor", 9}, {"learned", 80}};
  for (const auto& [genre, count] : documents) {
    CAPTURE(genre);
    const Suite suite = testing::load_with_defaults(suites::brown3(), {{"genre", genre}});
    Evaluator evaluator(suite);
    const auto& test = evaluator.open_test("genre").group;
    CHECK(std::set<int32_t>(test.begin(), test.end()).size() == count);
    CHECK(suite.train_side().count == 16000);
    CHECK(suite.test_count() == 4000);
  }
}

}  // namespace
}  // namespace loom::brown3_test
