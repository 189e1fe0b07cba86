// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/error.h"
#include "harness/evaluator.h"
#include "harness/io.h"
#include "harness/suite.h"
#include "tasks/sources/data_root.h"

namespace loom::suites {
SuiteSource digits4();
SuiteSource bytes9();
}  // namespace loom::suites

using namespace loom;

namespace {

Suite load(const SuiteSource& source) { return source.load(Json::object()); }

std::vector<float> image(const Items& items, int64_t at) {
  const auto begin = items.values.begin() + at * items.input_dim;
  return {begin, begin + items.input_dim};
}

}  // namespace

TEST_CASE("[suite embedded] digits4 has every image of both files once per view") {
  const auto source = suites::digits4();
  CHECK(source.facts.kind == "suite");
  CHECK(source.facts.name == "digits4");
  const Suite suite = load(source);
  CHECK(suite.description().name == "digits4");
  CHECK(suite.description().domains == std::vector<std::string>{"plain", "inverted", "rotated", "permuted"});
  CHECK(suite.train_side().count == 3823 * 4);
  CHECK(suite.test_count() == 1797 * 4);
  CHECK(suite.shape().input_dim == 64);
  CHECK(suite.shape().outputs == 10);
  CHECK(suite.shape().domains == 4);
  CHECK(std::set(suite.train_side().group.begin(), suite.train_side().group.end()).size() == 3823);
  const auto [low, high] = std::ranges::minmax(suite.train_side().values);
  CHECK(low == 0);
  CHECK(high == 1);
}

TEST_CASE("[suite embedded] digits4's views are the plain image inverted, turned and rearranged") {
  const Suite suite = load(suites::digits4());
  const Items& items = suite.train_side();
  for (int64_t i : {0, 1, 17, 3822}) {
    const auto plain = image(items, i), inverted = image(items, i + 3823), rotated = image(items, i + 2 * 3823),
               permuted = image(items, i + 3 * 3823);
    for (size_t y = 0; y < 8; ++y)
      for (size_t x = 0; x < 8; ++x) {
        CHECK(inverted[8 * y + x] == 1 - plain[8 * y + x]);
        CHECK(rotated[8 * (7 - x) + y] == plain[8 * y + x]);
      }
    CHECK(permuted != plain);
    CHECK(std::multiset(permuted.begin(), permuted.end()) == std::multiset(plain.begin(), plain.end()));
    for (int64_t view = 1; view < 4; ++view) {
      CHECK(items.group[static_cast<size_t>(i + view * 3823)] == items.group[static_cast<size_t>(i)]);
      CHECK(items.label[static_cast<size_t>(i + view * 3823)] == items.label[static_cast<size_t>(i)]);
    }
  }
}

TEST_CASE("[suite embedded] digits4 deals the same 70, 10, 10 and 10 percent of the images in every view") {
  const Suite suite = load(suites::digits4());
  std::map<Split, std::set<int64_t>> images;
  for (Split split : kTrainSideSplits) {
    const auto indices = suite.indices(split, 1);
    for (int64_t i : indices) images[split].insert(i % 3823);
    CHECK(std::ssize(indices) == 4 * std::ssize(images[split]));
  }
  CHECK(std::abs(std::ssize(images[Split::train]) - 0.7 * 3823) <= 1);
  for (Split split : {Split::validation, Split::router, Split::calibration})
    CHECK(std::abs(std::ssize(images[split]) - 0.1 * 3823) <= 1);
}

TEST_CASE("[suite embedded] bytes9 has nine files of 48 blocks, every tenth in the test") {
  const Suite suite = load(suites::bytes9());
  CHECK(suite.description().domains.size() == 9);
  CHECK(suite.shape().kind == InputKind::tokens);
  CHECK(suite.shape().input_dim == 128);
  CHECK(suite.shape().outputs == 256);
  Evaluator evaluator(suite);
  const Items& test = evaluator.open_test("bytes9 layout");
  std::map<int32_t, std::set<int32_t>> train_groups, test_groups;
  for (size_t i = 0; i < suite.train_side().group.size(); ++i)
    train_groups[suite.train_side().domain[i]].insert(suite.train_side().group[i]);
  for (size_t i = 0; i < test.group.size(); ++i) test_groups[test.domain[i]].insert(test.group[i]);
  for (int32_t domain = 0; domain < 9; ++domain) {
    CHECK(test_groups[domain].size() == 4);  // blocks 9, 19, 29, 39
    CHECK(train_groups[domain].size() + test_groups[domain].size() == 48);
  }
  CHECK(suite.train_side().count == 9 * 44 * 8);
  CHECK(test.count == 9 * 4 * 8);
}

TEST_CASE("[suite embedded] bytes9's windows are the bytes of the files in their order") {
  const Suite suite = load(suites::bytes9());
  Evaluator evaluator(suite);
  const Items& test = evaluator.open_test("bytes9 bytes");
  std::string train_side, sealed;
  for (const auto& domain : suite.description().domains) {
    const std::string bytes = read_file(data_root() / "bytes9" / (domain + ".txt"));
    REQUIRE(bytes.size() == 48 * 1024);
    for (size_t block = 0; block < 48; ++block)
      (block % 10 == 9 ? sealed : train_side) += bytes.substr(1024 * block, 1024);
  }
  CHECK(std::string(suite.train_side().bytes.begin(), suite.train_side().bytes.end()) == train_side);
  CHECK(std::string(test.bytes.begin(), test.bytes.end()) == sealed);
}

TEST_CASE("[suite embedded] reading twice gives the same suite and the same splits") {
  for (const auto& source : {suites::digits4(), suites::bytes9()}) {
    const Suite first = load(source), second = load(source);
    CHECK(first.digest() == second.digest());
    CHECK(first.train_side().values == second.train_side().values);
    CHECK(first.train_side().bytes == second.train_side().bytes);
    CHECK(first.indices(Split::router, 4) == second.indices(Split::router, 4));
    CHECK(first.indices(Split::router, 4) != second.indices(Split::router, 5));
    CHECK_FALSE(first.description().licence.empty());
    CHECK_FALSE(first.description().source.empty());
  }
}

TEST_CASE("[suite embedded] LOOM_TASK_DATA chooses the folder of the data, and a wrong one is the machine's fault") {
  const char* before = std::getenv("LOOM_TASK_DATA");
  const std::string restored = before == nullptr ? "" : before;
  setenv("LOOM_TASK_DATA", "/", 1);
  CHECK(data_root() == "/");
  setenv("LOOM_TASK_DATA", "/nonexistent/data", 1);
  CHECK_THROWS_AS(data_root(), EnvironmentError);
  setenv("LOOM_TASK_DATA", restored.c_str(), 1);  // empty counts as unset
  CHECK(std::filesystem::is_directory(data_root() / "digits4"));
}
