// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/hashed_bags.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "harness/random.h"
#include "tasks/sources/evenly.h"

using namespace loom;
using namespace loom::sources;

namespace loom::hashed_bags_test {
namespace {

std::vector<std::string> many(int count) {
  std::vector<std::string> features;
  for (int i = 0; i < count; ++i) features.push_back("w:" + std::to_string(i));
  return features;
}

std::vector<int32_t> bag(int64_t width, const std::vector<std::string>& features,
                         const std::vector<int32_t>& always = {}) {
  Items items;
  BagWriter(width).append(items, features, always);
  return items.ids;
}

TEST_CASE("[hashed bags] the hash is FNV-1a, folded") {
  // Of nothing the offset basis, of "a" the published test value 0xe40c292c.
  CHECK(hashed_feature("") == ((0x811c9dc5 >> 14 ^ 0x811c9dc5) & 0x3fff));
  CHECK(hashed_feature("a") == static_cast<int32_t>((0xe40c292cU >> 14 ^ 0xe40c292cU) & 0x3fff));
  CHECK(hashed_feature("foobar") == static_cast<int32_t>((0xbf9cf968U >> 14 ^ 0xbf9cf968U) & 0x3fff));
}

TEST_CASE("[hashed bags] words keep apostrophes, and signs in a row are a token") {
  const std::vector<std::string_view> expected = {"Don't", "panic", "!!!", ":)", "caf\xc3\xa9", "2", ",", "3"};
  CHECK(tokens_of(" Don't  panic!!! :)\tcaf\xc3\xa9 2,3\n") == expected);
  CHECK(tokens_of(" \t ").empty());
}

TEST_CASE("[hashed bags] features of a short sentence") {
  CHECK(word_features("Good, good film") ==
        std::vector<std::string>{"w:good", "w:,", "v:good ,", "w:good", "v:, good", "w:film", "v:good film"});
  CHECK(char_features("A  b", 3, 4) == std::vector<std::string>{"c: a ", "c:a b", "c: b ", "c: a b", "c:a b "});
}

TEST_CASE("[hashed bags] a bag is a set in ascending order, filled up with -1") {
  const auto ids = bag(6, word_features("so so so"));
  std::set<int32_t> expected = {hashed_feature("w:so"), hashed_feature("v:so so")};
  REQUIRE(expected.size() == 2);
  CHECK(std::vector<int32_t>(ids.begin(), ids.begin() + 2) == std::vector<int32_t>(expected.begin(), expected.end()));
  CHECK(std::all_of(ids.begin() + 2, ids.end(), [](int32_t id) { return id == -1; }));
  CHECK(ids.size() == 6);
}

TEST_CASE("[hashed bags] what does not fit goes by an order that all items share") {
  const auto order = permutation(kHashedFeatures, Stream(0, "hashed_bags/order"));
  const auto kept = bag(50, many(300));
  std::set<int32_t> all;
  for (const auto& feature : many(300)) all.insert(hashed_feature(feature));
  int64_t last_kept = -1, first_dropped = kHashedFeatures;
  for (int32_t id : all) {
    const int64_t rank = order[static_cast<size_t>(id)];
    if (std::ranges::count(kept, id) > 0)
      last_kept = std::max(last_kept, rank);
    else
      first_dropped = std::min(first_dropped, rank);
  }
  CHECK(kept.size() == 50);
  CHECK(std::ranges::is_sorted(kept));
  CHECK(kept.front() >= 0);
  CHECK(last_kept < first_dropped);
}

TEST_CASE("[hashed bags] ids that must stay do, and items that were cut are counted") {
  Items items;
  BagWriter writer(10);
  writer.append(items, many(8));
  CHECK(writer.cut() == 0);
  const std::vector<int32_t> always = {kHashedFeatures + 1};
  writer.append(items, many(100), always);
  CHECK(writer.cut() == 1);
  CHECK(items.ids.size() == 20);
  CHECK(items.ids.back() == kHashedFeatures + 1);
}

TEST_CASE("[evenly] places are the middles of equal parts") {
  CHECK(evenly(2, 8) == std::vector<int64_t>{2, 6});
  CHECK(evenly(1, 9) == std::vector<int64_t>{4});
  CHECK(evenly(3, 3) == std::vector<int64_t>{0, 1, 2});
  CHECK(evenly(5, 3) == std::vector<int64_t>{0, 1, 2});
  CHECK(evenly(5, 0).empty());
  const auto places = evenly(300, 1001);  // distances 3 or 4, none twice
  for (size_t i = 1; i < places.size(); ++i) CHECK((places[i] - places[i - 1] == 3 || places[i] - places[i - 1] == 4));
}

}  // namespace
}  // namespace loom::hashed_bags_test
