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

const std::vector<std::string> kHeldOut = {"en_kjv",  "en_brown",  "iset_mm", "man_es",  "hol_light",
                                           "man_ru",  "lisp_sbcl", "svg_mdi", "wordnet", "krn_palestrina",
                                           "help_ko", "help_sv",   "help_uk"};
const std::set<std::string> kOfDocuments = {"en_sotu", "en_email", "man_de",  "man_ja",
                                            "man_zh",  "py_sympy", "js_three"};

void add_domains(testing::PreparedData& data, int blocks) {
  int number = 0;
  const auto domains = suites::bytes12().card->domains;
  for (const auto& name : domains) data.add(name, name + ".bytes", marked(number++, blocks) + "left over");
  for (const auto& name : kHeldOut) data.add(name, name + ".bytes", marked(number++, blocks));
}

Suite load(const Json& changes = Json::object()) {
  Json options = {{"split", "blocks"}, {"train_kib", 128}, {"test_kib", 8}};
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
  CHECK(far.shape().held_out == 8);
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

// A document is so long that blocks and documents end at different places; three documents in a row are of a group.
constexpr int kDocument = 5000, kTogether = 3;

std::string ends_of(int size) {
  std::string rows;
  for (int begin = 0, number = 0; begin < size; begin += kDocument, ++number)
    rows += std::to_string(std::min(begin + kDocument, size)) + "\t" + std::to_string(number / kTogether) + "\n";
  return rows;
}

void add_documents(testing::PreparedData& data, int blocks) {
  for (const auto& name : kOfDocuments) data.add(name, name + ".documents", ends_of(blocks * kBlock + 9));
}

int group_of(const Mark& m, int64_t inside) {
  return static_cast<int>((m.block * kBlock + m.piece * 1024 + inside) / kDocument / kTogether);
}

TEST_CASE("[bytes12] documents that belong together never cross from the train side to the test") {
  testing::PreparedData data;
  add_domains(data, 80);
  add_documents(data, 80);
  const Suite suite = load({{"split", "documents"}, {"test_kib", 32}});
  const Items test = test_of(suite), &train = suite.train_side();
  CHECK(train.count == 12 * 128 * 8);
  CHECK(test.count == 12 * 32 * 8);
  const auto pure = [&](const Items& items, bool in_test) {
    std::map<int32_t, std::set<int>> groups;
    for (int64_t i = 0; i < items.count; ++i) {
      const auto domain = static_cast<size_t>(items.domain[static_cast<size_t>(i)]);
      if (!kOfDocuments.contains(suite.description().domains[domain])) continue;
      // The mark says the piece of 1 KiB; a group's first and last piece may be shared, so both ends are tried.
      const Mark m = mark(items, i, 0);
      const int low = group_of(m, 0), high = group_of(m, 1023);
      CHECK((low % 10 == 9 || high % 10 == 9) >= in_test);
      CHECK((low % 10 == 9 && high % 10 == 9) <= in_test);
      if (low == high) groups[items.group[static_cast<size_t>(i)]].insert(low);
    }
    CHECK(groups.size() > 7);
    for (const auto& [group, found] : groups) CHECK(found.size() == 1);
  };
  pure(train, false);
  pure(test, true);
  CHECK(load().train_digest() != suite.train_digest());
  Json before = {{"test", "own"}, {"train_kib", 128}, {"test_kib", 8}, {"window", 128}};
  CHECK(suites::bytes12().load(before).digest() == load().digest());
}

TEST_CASE("[bytes12] documents whose ends are not the file's are refused with their line") {
  testing::PreparedData data;
  add_domains(data, 80);
  add_documents(data, 80);
  const auto says = [&](const std::string& documents) {
    data.add("en_sotu", "en_sotu.documents", documents);
    return testing::refusal(data, suites::bytes12(), {{"train_kib", 128}});
  };
  const std::string at = "en_sotu/en_sotu.documents:";
  CHECK(says("100\t0\n100\t1\n") == at + "2: a document ends at 100, which is not behind 100 and within 1310729 bytes");
  CHECK(says("100\t0\n9999999\t1\n") ==
        at + "2: a document ends at 9999999, which is not behind 100 and within 1310729 bytes");
  CHECK(says("100\t0\n200\t1\n") == at + "2: the documents end at 200 of 1310729 bytes");
  for (const char* line : {"100", "100\t", "x\t0", "100 0", "100\t-1", "100\t0 ", "100\t99999999999", ""})
    CHECK(says(std::string("50\t0\n") + line + "\n") ==
          at + "2: is not the place behind a document, a tab and the number of its group");
  CHECK(says(ends_of(80 * kBlock + 9)).empty());
  std::filesystem::remove(data.path() / "en_sotu" / "en_sotu.documents");
  CHECK_THROWS_WITH_AS(load({{"split", "documents"}}),
                       "suite 'bytes12': en_sotu was prepared without its documents; prepare it again with: "
                       "scripts/data bytes12",
                       EnvironmentError);
}

TEST_CASE("[bytes12] a file that is too short is refused with both sizes") {
  testing::PreparedData data;
  add_domains(data, 40);
  data.add("man_ja", "man_ja.bytes", marked(4, 20));
  CHECK(testing::refusal(data, suites::bytes12(), {{"split", "blocks"}, {"train_kib", 304}}) ==
        "man_ja/man_ja.bytes: has 288 KiB in whole blocks for the train side; 304 are asked for");
  data.add("man_ja", "man_ja.bytes", marked(4, 9));
  CHECK(testing::refusal(data, suites::bytes12(), {{"split", "blocks"}, {"train_kib", 128}}) ==
        "man_ja/man_ja.bytes: has 0 KiB in whole blocks for the test; 16 are asked for");
}

TEST_CASE("[bytes12] a train side that is no whole number of blocks is refused with the nearest that are") {
  testing::PreparedData data;
  add_domains(data, 40);
  CHECK(testing::refusal(data, suites::bytes12(), {{"split", "blocks"}, {"train_kib", 140}}) ==
        "a train side of 140 KiB a domain (train_kib) is no whole number of blocks of 16 KiB; nearest: 128, 144");
  CHECK(testing::refusal(data, suites::bytes12(), {{"split", "blocks"}, {"train_kib", 144}}).empty());
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
  // These and those below are of tests/peer/second_bytes12.py, a second reader.
  CHECK(suite.digest() == "1840f42cbc298e8a7118e5fdfc8eb2d19df9addc75274feb3a7c0e584ea9e7a0");
  CHECK(testing::load_with_defaults(suites::bytes12(), {{"split", "blocks"}}).digest() ==
        "9a592af0cbe98cb670240d10b3ac4d4e3ff2bca002788cde6cf823e221e65602");
}

TEST_CASE("[bytes12] the real held-out domains: digests of a second reader") {
  auto needed = suites::bytes12().card->domains;
  needed.insert(needed.end(), kHeldOut.begin(), kHeldOut.end());
  if (!std::ranges::all_of(needed, [](const auto& name) { return sources::is_prepared(name); })) {
    MESSAGE("skipped: the held-out domains of bytes12 are not prepared (scripts/data bytes12)");
    return;
  }
  const auto digest = [](const char* test, const char* split) {
    return testing::load_with_defaults(suites::bytes12(), {{"test", test}, {"split", split}}).digest();
  };
  CHECK(digest("near", "documents") == "d9d5b078870ab241b224e927f7983169e808187d569b98b79f5695064b75f9ca");
  CHECK(digest("far", "documents") == "3beeff02074084f96aa2be34474a8349c16d17e031a518528e3704b08a2c0dfd");
  CHECK(digest("near", "blocks") == "889702884fe2f792c749c372d2afd45007789535b72fb69e9148504f8e8a3169");
  CHECK(digest("far", "blocks") == "b7e85947ea4364b6244a69ade3440a8127068a1fbc8393159b044af6d9ec6665");
}

}  // namespace
}  // namespace loom::bytes12_test
