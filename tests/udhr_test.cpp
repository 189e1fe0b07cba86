// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/evaluator.h"
#include "tasks/sources/prepared.h"
#include "tests/support/prepared_fixture.h"

namespace loom::suites {
SuiteSource udhr();
}  // namespace loom::suites

using namespace loom;

namespace loom::udhr_test {
namespace {

constexpr int64_t kWindow = 64;
const std::vector<std::string> kUnseen = {"ita", "ukr", "mar", "mlt", "est", "azj_latn",
                                          "zul", "jav", "mal", "lao", "yue", "pes_1"};

std::vector<std::string> all_languages() {
  auto languages = suites::udhr().card->domains;
  languages.insert(languages.end(), kUnseen.begin(), kUnseen.end());
  return languages;
}

// Every article has two paragraphs, 64 times a letter of the language and 150 times one of the article: three windows
// and a rest. The preamble has twelve windows.
std::string declaration(int language, int parts = 31) {
  std::string text;
  const auto add = [&](int part, size_t count, int letter) {
    text += std::to_string(part) + "\t" + std::string(count, static_cast<char>(letter)) + "\n";
  };
  for (int part = 0; part < parts; ++part) {
    add(part, 64, 'A' + language);
    add(part, part == 0 ? 702 : 150, '@' + part);
  }
  return text;
}

void add_languages(const testing::PreparedData& data) {
  int number = 0;
  for (const auto& language : all_languages()) data.add("udhr", language + ".txt", declaration(number++));
}

Suite load(const Json& changes = Json::object()) { return testing::load_with_defaults(suites::udhr(), changes); }

std::string refused(const std::string& text) {
  testing::PreparedData data;
  add_languages(data);
  data.add("udhr", "tam.txt", text);
  return testing::refusal(data, suites::udhr());
}

Items test_of(const Suite& suite) {
  Evaluator evaluator(suite);
  return evaluator.open_test("look");
}

std::string window(const Items& items, int64_t item) {
  const auto begin = items.bytes.begin() + item * items.input_dim;
  return {begin, begin + items.input_dim};
}

TEST_CASE("[udhr] an article's windows are its paragraphs, a line feed behind each, what is left over dropped") {
  testing::PreparedData data;
  add_languages(data);
  const Suite suite = load();
  const Items& train = suite.train_side();
  CHECK(testing::items_by_domain(train, 12) == std::vector<int64_t>(12, 12 + 22 * 3));
  CHECK(testing::items_by_domain(test_of(suite), 12) == std::vector<int64_t>(12, 8 * 3));
  // Of rus, the second language: the preamble's 64 B, line feed, 702 @, line feed; article 1's 64 B, line feed, 150 A.
  CHECK(window(train, 78) == std::string(64, 'B'));
  CHECK(window(train, 79) == "\n" + std::string(63, '@'));
  CHECK(window(train, 88) == std::string(64, '@'));
  CHECK(window(train, 89) == std::string(63, '@') + "\n");
  CHECK(window(train, 90) == std::string(64, 'B'));
  CHECK(window(train, 91) == "\n" + std::string(63, 'A'));
  const std::vector<int32_t> preamble(train.group.begin() + 78, train.group.begin() + 90);
  CHECK(preamble == std::vector<int32_t>{0, 0, 0, 31, 31, 31, 32, 32, 32, 33, 33, 33});
}

TEST_CASE("[udhr] an article is one group in all languages, and on one side in all") {
  testing::PreparedData data;
  add_languages(data);
  for (const char* kind : {"own", "unseen"}) {
    const Suite suite = load({{"test", kind}});
    const Items &train = suite.train_side(), test = test_of(suite);
    std::set<int32_t> trained, tested;
    for (const Items* items : {&train, &test})
      for (int64_t i = 0; i < items->count; ++i) {
        const int32_t group = items->group[static_cast<size_t>(i)];
        (items == &train ? trained : tested).insert(group);
        if (i % 3 == 2 && group > 0 && group < 31)
          CHECK(window(*items, i) == std::string(64, static_cast<char>('@' + group)));
      }
    CHECK(tested == std::set<int32_t>{2, 6, 10, 14, 18, 22, 26, 30});
    CHECK(trained.size() == 22 + 4);
    for (const int32_t group : tested) CHECK_FALSE(trained.contains(group));
    std::map<int32_t, std::set<int>> splits;  // a translation of what is learnt is not validated on
    for (const Split split : kTrainSideSplits)
      for (const int64_t item : suite.indices(split, 0))
        splits[train.group[static_cast<size_t>(item)]].insert(static_cast<int>(split));
    for (const auto& [group, of_group] : splits) CHECK(of_group.size() == 1);
  }
}

TEST_CASE("[udhr] unseen tests languages that nobody was trained on, with the same train side") {
  testing::PreparedData data;
  add_languages(data);
  const Suite own = load(), unseen = load({{"test", "unseen"}});
  CHECK(unseen.train_digest() == own.train_digest());
  CHECK(own.shape().held_out == 0);
  CHECK(unseen.shape().domains == 12);
  CHECK(unseen.shape().held_out == 12);
  CHECK(unseen.description().domains == all_languages());
  const Items test = test_of(unseen);
  for (int64_t i = 0; i < test.count; i += 3) {
    const int32_t domain = test.domain[static_cast<size_t>(i)];
    CHECK(domain >= 12);
    CHECK(window(test, i) == std::string(64, static_cast<char>('A' + domain)));
  }
}

TEST_CASE("[udhr] fewer parts are spread over the declaration and leave the test alone") {
  testing::PreparedData data;
  add_languages(data);
  const Suite all = load(), few = load({{"parts", 8}});
  std::set<int32_t> groups(few.train_side().group.begin(), few.train_side().group.end());
  // Parts 0 1 3 4 5 7 8 9 11 12 13 15 ..: places 1 4 7 10 12 15 18 21, the middles of eighths of 23.
  CHECK(groups == std::set<int32_t>{1, 5, 9, 13, 16, 20, 24, 28});
  CHECK(test_of(few).bytes == test_of(all).bytes);
  CHECK(testing::items_by_domain(few.train_side(), 12) == std::vector<int64_t>(12, 8 * 3));
}

TEST_CASE("[udhr] a line that is none, or a part that is missing, is refused at its place") {
  const std::string none = "is no part 0 .. 30 of the declaration, a tab and a paragraph";
  CHECK(refused("0\tgood\n1 bad\n") == "udhr/tam.txt:2: " + none);
  CHECK(refused("31\tbad\n") == "udhr/tam.txt:1: " + none);
  CHECK(refused("-1\tbad\n") == "udhr/tam.txt:1: " + none);
  CHECK(refused("1x\tbad\n") == "udhr/tam.txt:1: " + none);
  CHECK(refused(declaration(8, 30)) == "udhr/tam.txt: lacks part 30");
}

TEST_CASE("[udhr] data that are not here are the machine's fault") {
  testing::PreparedData data;
  CHECK_THROWS_WITH_AS(load(), doctest::Contains("scripts/data udhr"), EnvironmentError);
}

TEST_CASE("[udhr] the real declarations: digests of a second reader, written in Python") {
  if (!sources::is_prepared("udhr")) {
    MESSAGE("skipped: data set udhr is not prepared (scripts/data udhr)");
    return;
  }
  CHECK(load().digest() == "85c40be6b845a0279d01ca0d0241c5337a05c43f32e0d24d8fc2bc398640107f");
  CHECK(load({{"test", "unseen"}}).digest() == "22876a39ab4a6f40116cddf90071a74dfc8ee693bc41d201b284d80eb7ca091c");
}

}  // namespace
}  // namespace loom::udhr_test
