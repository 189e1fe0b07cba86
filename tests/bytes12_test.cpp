// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/evaluator.h"
#include "tasks/sources/byte_blocks.h"
#include "tasks/sources/prepared.h"
#include "tests/support/prepared_fixture.h"

namespace loom::suites {
SuiteSource bytes12();
}  // namespace loom::suites

using namespace loom;

namespace loom::bytes12_test {
namespace {

constexpr int kBlock = 16384;

// Every four bytes say where they stand: domain (its number), block (two bytes), piece of 1 KiB in the block.
std::string marked(int domain, int blocks) {
  std::string bytes;
  for (int at = 0; at < blocks * kBlock; at += 4) {
    const int block = at / kBlock;
    for (int value : {domain, block >> 8, block & 255, at % kBlock / 1024}) bytes += static_cast<char>(value);
  }
  return bytes;
}

const std::vector<std::string> kHeldOut = {"en_kjv", "en_brown",  "iset_mm", "man_es", "hol_light",
                                           "man_ru", "lisp_sbcl", "svg_mdi", "wordnet"};

void add_domains(testing::PreparedData& data, int blocks) {
  int number = 0;
  const auto domains = suites::bytes12().card->domains;
  for (const auto& name : domains) data.add(name, name + ".bytes", marked(number++, blocks) + "left over");
  for (const auto& name : kHeldOut) data.add(name, name + ".bytes", marked(number++, blocks));
}

Suite load(const Json& changes = Json::object()) {
  Json options = {{"train_kib", 128}, {"test_kib", 8}};
  options.update(changes);
  return testing::load_with_defaults(suites::bytes12(), options);
}

Items test_of(const Suite& suite) {
  Evaluator evaluator(suite);
  return evaluator.open_test("look");
}

struct Mark {
  int domain = 0, block = 0, piece = 0;
};
Mark mark(const Items& items, int64_t item, int64_t byte) {
  const uint8_t* at = items.bytes.data() + item * items.input_dim + byte;
  return {at[0], at[1] * 256 + at[2], at[3]};
}

TEST_CASE("[bytes12] every tenth block is the test's, and what is taken is spread over the file") {
  testing::PreparedData data;
  add_domains(data, 40);
  const Suite suite = load();
  const Items test = test_of(suite);
  CHECK(suite.train_side().count == 12 * 128 * 8);
  CHECK(test.count == 12 * 8 * 8);
  std::map<int, std::set<int>> train_blocks, test_blocks;
  for (int64_t i = 0; i < suite.train_side().count; ++i) {
    const Mark m = mark(suite.train_side(), i, 0);
    CHECK(m.domain == suite.train_side().domain[static_cast<size_t>(i)]);
    train_blocks[m.domain].insert(m.block);
  }
  for (int64_t i = 0; i < test.count; ++i) test_blocks[mark(test, i, 0).domain].insert(mark(test, i, 0).block);
  // 36 blocks of the train side, the middles of 8 parts of 4.5: places 2 6 11 15 20 24 29 33, blocks 9 19 29 39 aside.
  for (int d = 0; d < 12; ++d) {
    CHECK(train_blocks[d] == std::set<int>{2, 6, 12, 16, 22, 26, 32, 36});
    CHECK(test_blocks[d] == std::set<int>{9, 19, 29, 39});
  }
}

TEST_CASE("[bytes12] a block is a group") {
  testing::PreparedData data;
  add_domains(data, 40);
  const Suite suite = load();
  std::map<int32_t, std::set<std::pair<int, int>>> blocks_of;
  const auto look = [&](const Items& items) {
    for (int64_t i = 0; i < items.count; ++i)
      blocks_of[items.group[static_cast<size_t>(i)]].insert({mark(items, i, 0).domain, mark(items, i, 0).block});
  };
  look(suite.train_side());
  look(test_of(suite));
  CHECK(blocks_of.size() == 12 * (8 + 4));
  for (const auto& [group, blocks] : blocks_of) CHECK(blocks.size() == 1);
}

TEST_CASE("[bytes12] near and far test domains that nobody was trained on, with the same train side") {
  testing::PreparedData data;
  add_domains(data, 40);
  const Suite own = load(), near = load({{"test", "near"}}), far = load({{"test", "far"}});
  CHECK(near.train_digest() == own.train_digest());
  CHECK(far.train_digest() == own.train_digest());
  CHECK(near.shape().domains == 12);
  CHECK(near.shape().held_out == 5);
  CHECK(far.shape().held_out == 4);
  for (const Suite* suite : {&near, &far}) {
    const Items test = test_of(*suite);
    for (int64_t i = 0; i < test.count; ++i) {
      const auto domain = static_cast<size_t>(test.domain[static_cast<size_t>(i)]);
      CHECK(domain >= 12);
      const auto& name = kHeldOut[static_cast<size_t>(mark(test, i, 0).domain) - 12];
      CHECK(suite->description().domains[domain] == name);
    }
  }
}

TEST_CASE("[bytes12] a spliced window is half of its domain and half of another, each pair equally often") {
  testing::PreparedData data;
  add_domains(data, 40);
  const Suite own = load({{"test_kib", 22}}), suite = load({{"test", "spliced"}, {"test_kib", 22}});
  CHECK(suite.train_digest() == own.train_digest());
  const Items before = test_of(own), test = test_of(suite);
  std::map<std::pair<int, int>, int> pairs;
  for (int64_t i = 0; i < test.count; ++i) {
    const int first = mark(test, i, 0).domain, second = mark(test, i, 64).domain;
    CHECK(first == test.domain[static_cast<size_t>(i)]);
    CHECK(first != second);
    for (int64_t at = 0; at < 128; at += 4) CHECK(mark(test, i, at).domain == (at < 64 ? first : second));
    ++pairs[{first, second}];
  }
  CHECK(pairs.size() == 12 * 11);
  for (const auto& [pair, count] : pairs) CHECK(count == 22 * 8 / 11);
  CHECK(test.group == before.group);
}

TEST_CASE("[bytes12] a file that is too short is refused with both sizes") {
  testing::PreparedData data;
  add_domains(data, 40);
  data.add("man_ja", "man_ja.bytes", marked(4, 20));
  CHECK(testing::refusal(data, suites::bytes12(), {{"train_kib", 304}}) ==
        "man_ja/man_ja.bytes: has 288 KiB in whole blocks for the train side; 304 are asked for");
  data.add("man_ja", "man_ja.bytes", marked(4, 9));
  CHECK(testing::refusal(data, suites::bytes12(), {{"train_kib", 128}}) ==
        "man_ja/man_ja.bytes: has 0 KiB in whole blocks for the test; 16 are asked for");
}

TEST_CASE("[bytes12] a train side that is no whole number of blocks is refused with the nearest that are") {
  testing::PreparedData data;
  add_domains(data, 40);
  CHECK(testing::refusal(data, suites::bytes12(), {{"train_kib", 140}}) ==
        "a train side of 140 KiB a domain (train_kib) is no whole number of blocks of 16 KiB; nearest: 128, 144");
  CHECK(testing::refusal(data, suites::bytes12(), {{"train_kib", 144}}).empty());
}

TEST_CASE("[bytes12] data are here when every file of the manifest is, with its size") {
  testing::PreparedData data;
  data.add("man_de", "man_de.bytes", "four");
  data.add("man_de", "other.bytes", "");
  const auto says = [&](const std::string& manifest) {
    write_file_atomic(data.path() / "man_de" / "manifest.tsv", manifest);
    return sources::is_prepared("man_de");
  };
  const std::string both = "man_de.bytes\t4\t00\nother.bytes\t0\t00\n";
  CHECK(says(both));
  CHECK_FALSE(says("man_de.bytes\t5\t00\n"));
  CHECK_FALSE(says("man_de.bytes\t4\t00\ngone.bytes\t4\t00\n"));
  CHECK_FALSE(says("man_de.bytes\n"));
  std::filesystem::remove(data.path() / "man_de" / "other.bytes");
  CHECK_FALSE(says(both));
  CHECK_FALSE(sources::is_prepared("man_es"));
}

TEST_CASE("[bytes12] windows of another length, and data that is missing") {
  testing::PreparedData data;
  CHECK_THROWS_AS(load(), EnvironmentError);
  add_domains(data, 40);
  CHECK(load({{"window", 100}}).train_side().count == 12 * 8 * (kBlock / 100));
  CHECK(load({{"window", 1024}}).test_count() == 12 * 8);
}

TEST_CASE("[bytes12] the real domains: sizes and digests") {
  const auto domains = suites::bytes12().card->domains;
  if (!std::ranges::all_of(domains, [](const auto& name) { return sources::is_prepared(name); })) {
    MESSAGE("skipped: bytes12 is not prepared (scripts/data bytes12)");
    return;
  }
  const Suite suite = testing::load_with_defaults(suites::bytes12());
  CHECK(suite.train_side().count == 12 * 1024 * 8);
  CHECK(suite.test_count() == 12 * 16 * 8);
  // The digest of a second reader, written in Python.
  CHECK(suite.digest() == "9a592af0cbe98cb670240d10b3ac4d4e3ff2bca002788cde6cf823e221e65602");
}

TEST_CASE("[bytes12] the real held-out domains: digests of a second reader, written in Python") {
  auto needed = suites::bytes12().card->domains;
  needed.insert(needed.end(), kHeldOut.begin(), kHeldOut.end());
  if (!std::ranges::all_of(needed, [](const auto& name) { return sources::is_prepared(name); })) {
    MESSAGE("skipped: the held-out domains of bytes12 are not prepared (scripts/data bytes12)");
    return;
  }
  const auto digest = [](const char* test) {
    return testing::load_with_defaults(suites::bytes12(), {{"test", test}}).digest();
  };
  CHECK(digest("near") == "889702884fe2f792c749c372d2afd45007789535b72fb69e9148504f8e8a3169");
  CHECK(digest("far") == "f454c949d08ed9c0410c5cc61890948b22bdd8e85c30b33efd4d3a95553fe094");
}

}  // namespace
}  // namespace loom::bytes12_test
