// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "harness/evaluator.h"
#include "tasks/sources/csv.h"
#include "tasks/sources/image_views.h"
#include "tests/suite_files.h"

using namespace loom;
using namespace loom::suite_files;

namespace {

// Rows 0 .. count-1 of a table with columns x, y (0 or 1) and who (pairs of rows).
std::string numbered_rows(int count) {
  std::string text = "x,y,who\n";
  for (int i = 0; i < count; ++i)
    text += std::to_string(i) + "," + std::to_string(i % 2) + ",person " + std::to_string(i / 2) + "\n";
  return text;
}

}  // namespace

TEST_CASE("[suite folder] numbers are standardised by the train side alone") {
  const Folder folder({{"suite.yaml", kTable}, {"a.csv", kTrain}, {"b.csv", kTest}});
  const Suite suite = folder.load();
  CHECK(suite.description().name == "suite");
  CHECK(suite.description().domains == std::vector<std::string>{"east"});
  // Train x = 1, 2, 3, 4: mean 5/2, variance (9/4 + 1/4 + 1/4 + 9/4) / 4 = 5/4. The test's 9 plays no part.
  const double deviation = std::sqrt(1.25);
  for (size_t i = 0; i < 4; ++i)
    CHECK(suite.train_side().values[i] == doctest::Approx((static_cast<double>(i) - 1.5) / deviation));
  Evaluator evaluator(suite);
  CHECK(evaluator.open_test("standardise").values[0] == doctest::Approx(6.5 / deviation));
  CHECK(suite.train_side().label == std::vector<int32_t>{0, 1, 0, 1});
}

TEST_CASE("[suite folder] texts are one-hot over the train side, and unknown ones are all zero") {
  const Suite suite = load({{"suite.yaml", kTable},
                            {"a.csv", "colour,flat,y,where\nred,5,a,e\nblue,5,b,e\n\"red\",5,b,e\ngreen,5,a,e\n"},
                            {"b.csv", "colour,flat,y,where\npink,6,a,e\nblue,5,a,e\n"}});
  REQUIRE(suite.shape().input_dim == 4);  // blue, green, red; then the constant column, 0
  CHECK(suite.train_side().values == std::vector<float>{0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0});
  Evaluator evaluator(suite);
  CHECK(evaluator.open_test("one-hot").values == std::vector<float>{0, 0, 0, 0, 1, 0, 0, 0});
}

TEST_CASE("[suite folder] classes written as numbers are ordered by value, and one value is one class") {
  const Suite suite = load({{"suite.yaml", kTable},
                            {"a.csv", "x,y,where\n1,10,e\n2,2,e\n3,2.0,e\n4,-1,e\n"},
                            {"b.csv", "x,y,where\n9,10.0,e\n"}});
  CHECK(suite.train_side().label == std::vector<int32_t>{2, 1, 1, 0});
  CHECK(suite.shape().outputs == 3);
}

TEST_CASE("[suite folder] the smallest table needs kind and label: subfolders are the domains") {
  const Suite suite = load({{"suite.yaml", "kind: table\nlabel: y\n"},
                            {"north/rows.csv", numbered_rows(60)},
                            {"south/more.csv", numbered_rows(60) + "77,1,someone\n"},
                            {".hidden/rows.csv", "not,read\n"}});
  CHECK(suite.description().domains == std::vector<std::string>{"north", "south"});
  CHECK(suite.description().metric == "accuracy");
  CHECK(suite.train_side().count + suite.test_count() == 121);
}

TEST_CASE("[suite folder] the hash of a row's group decides its side: equal rows and named groups stay together") {
  const std::string twice = numbered_rows(100) + numbered_rows(100).substr(std::string("x,y,who\n").size());
  for (const std::string group : {"", "group: who\n"}) {
    const Suite suite = load({{"suite.yaml", "kind: table\nlabel: y\ndomain: file\n" + group}, {"all.csv", twice}});
    Evaluator evaluator(suite);
    const Items& test = evaluator.open_test("sides");
    CHECK(suite.train_side().count + test.count == 200);
    std::map<int32_t, int> size;
    for (int32_t g : suite.train_side().group) ++size[g];
    for (int32_t g : test.group) ++size[g];
    CHECK(size.size() == (group.empty() ? 100 : 50));
    for (const auto& [g, items] : size) CHECK(items == (group.empty() ? 2 : 4));
    // About one in five of 100 or 50 groups; 4 standard deviations.
    const double groups = group.empty() ? 100 : 50;
    CHECK(std::abs(test.count / (200 / groups) - 0.2 * groups) < 4 * std::sqrt(0.16 * groups));
  }
}

TEST_CASE("[suite folder] rows that are added move no other row between the sides") {
  // One pixel of value i for row i: unlike standardised numbers it stays recognisable.
  const auto test_rows = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += std::to_string(i) + "," + std::to_string(i % 2) + "\n";
    const Suite suite = load({{"suite.yaml", "kind: image\nscale: 1000\ndomain: file\n"}, {"all.csv", text}});
    Evaluator evaluator(suite);
    std::set<int> rows;
    for (float value : evaluator.open_test("added rows").values)
      rows.insert(static_cast<int>(std::lround(value * 1000)));
    return rows;
  };
  const auto few = test_rows(60);
  auto many = test_rows(90);
  CHECK(many.size() > few.size());
  std::erase_if(many, [](int row) { return row >= 60; });
  CHECK(many == few);
}

TEST_CASE("[suite folder] with given files the train copies of test rows are left out") {
  const Suite suite = load({{"suite.yaml", kTable}, {"a.csv", std::string(kTrain) + "9,no,east\n"}, {"b.csv", kTest}});
  CHECK(suite.train_side().count == 4);
  CHECK(suite.test_count() == 1);
}

TEST_CASE("[suite folder] IDX pairs become images with a domain per view") {
  const Suite suite = load(idx_files(kIdx, idx_images(6, 0), idx_labels(6)));
  CHECK(suite.train_side().count == 6);
  CHECK(suite.shape().input_dim == 4);
  CHECK(suite.train_side().values[5] == 5.0f / 255);
  CHECK(suite.train_side().label == std::vector<int32_t>{0, 1, 0, 1, 0, 1});
}

TEST_CASE("[suite folder] MNIST's file names in subfolders need no 'files'") {
  Files files = {{"suite.yaml", "kind: image\n"}};
  for (const std::string domain : {"first/", "second/"}) {
    const char start = domain == "first/" ? 0 : 40;
    files.emplace_back(domain + "train-images-idx3-ubyte", idx_images(5, start));
    files.emplace_back(domain + "train-labels-idx1-ubyte", idx_labels(5));
    files.emplace_back(domain + "t10k-images-idx3-ubyte", idx_images(2, static_cast<char>(start + 20)));
    files.emplace_back(domain + "t10k-labels-idx1-ubyte", idx_labels(2));
  }
  const Suite suite = load(files);
  CHECK(suite.description().domains == std::vector<std::string>{"first", "second"});
  CHECK(suite.train_side().count == 10);
  CHECK(suite.test_count() == 4);
}

TEST_CASE("[suite folder] CSV images without a header are read with the label last, and may have views") {
  const Suite suite = load({{"suite.yaml",
                             "kind: image\nscale: 16\nviews: {plain: [], off: [invert]}\n"
                             "files: {train: a.tra, test: a.tes}\n"},
                            {"a.tra", "0,1,2,16,7\n1,1,2,16,3\n2,1,2,16,7\n3,1,2,16,3\n"},
                            {"a.tes", "4,1,2,16,7\n"}});
  CHECK(suite.train_side().count == 8);
  CHECK(suite.train_side().label == std::vector<int32_t>{1, 0, 1, 0, 1, 0, 1, 0});
  CHECK(suite.train_side().values[3] == 1);
  CHECK(suite.train_side().values[16 + 3] == 0);
  CHECK(suite.train_side().group[0] == suite.train_side().group[4]);
}

TEST_CASE("[suite folder] transforms undo themselves as they must") {
  using namespace sources;
  std::vector<float> picture(5 * 5);
  for (size_t i = 0; i < picture.size(); ++i) picture[i] = static_cast<float>(i) / 37;
  const std::vector<int64_t> shape = {5, 5};
  const Transform invert{Transform::Kind::invert, 0}, turn{Transform::Kind::rotate90, 0};
  const auto seen = [&](const std::vector<Transform>& chain) { return rearranged(pixel_map(chain, shape), picture); };
  CHECK(seen({}) == picture);
  CHECK(seen({invert, invert}) == picture);
  CHECK(seen({invert}) != picture);
  CHECK(seen({turn, turn, turn, turn}) == picture);
  auto reversed = picture;
  std::ranges::reverse(reversed);  // half a turn reads the pixels backwards
  CHECK(seen({turn, turn}) == reversed);
  auto permuted = seen({{Transform::Kind::permute, 7}});
  CHECK(permuted != picture);
  CHECK(permuted == seen({{Transform::Kind::permute, 7}}));
  CHECK(permuted != seen({{Transform::Kind::permute, 8}}));
  std::ranges::sort(permuted);
  CHECK(permuted == picture);
}

TEST_CASE("[suite folder] a turn is counter-clockwise and keeps the channels of a pixel together") {
  using namespace sources;
  const Transform turn{Transform::Kind::rotate90, 0};
  const std::vector<int64_t> grey = {2, 2}, colour = {2, 2, 2};
  // 1 2      2 4
  // 3 4  ->  1 3
  CHECK(rearranged(pixel_map(std::span(&turn, 1), grey), std::vector<float>{1, 2, 3, 4}) ==
        std::vector<float>{2, 4, 1, 3});
  CHECK(rearranged(pixel_map(std::span(&turn, 1), colour), std::vector<float>{1, -1, 2, -2, 3, -3, 4, -4}) ==
        std::vector<float>{2, -2, 4, -4, 1, -1, 3, -3});
}

TEST_CASE("[suite folder] bytes are cut into blocks and windows; what does not fill a window is dropped") {
  std::string text;
  for (int i = 0; i < 26 * 5 + 4; ++i) text += static_cast<char>('a' + i % 26);
  const Suite suite =
      load({{"suite.yaml", "kind: bytes\nwindow: 4\nblock: 10\nsplit: {test: 0.25}\n"}, {"one.txt", text}});
  // 134 bytes: 13 blocks of 10 with windows at 0 and 4, and a last block of 4 with one window.
  Evaluator evaluator(suite);
  const Items& test = evaluator.open_test("cut");
  std::string train_side, sealed;
  for (size_t block = 0; block < 14; ++block) {
    std::string& side = block % 4 == 3 ? sealed : train_side;
    side += text.substr(10 * block, 4);
    if (block < 13) side += text.substr(10 * block + 4, 4);
  }
  CHECK(std::string(suite.train_side().bytes.begin(), suite.train_side().bytes.end()) == train_side);
  CHECK(std::string(test.bytes.begin(), test.bytes.end()) == sealed);
  CHECK(std::set(test.group.begin(), test.group.end()) == std::set<int32_t>{3, 7, 11});
}

TEST_CASE("[suite folder] 'kind: bytes' alone makes every text file a domain; a block is eight windows") {
  const Suite suite = load({{"suite.yaml", "kind: bytes\n"},
                            {"a.txt", std::string(10240, 'a')},
                            {"b.txt", std::string(10240, 'b')},
                            {"notes.md", "not data"}});
  CHECK(suite.description().domains == std::vector<std::string>{"a", "b"});
  CHECK(suite.shape().input_dim == 128);
  CHECK(suite.test_count() == 2 * 2 * 8);  // of ten blocks a fifth
  const auto& groups = suite.train_side().group;
  CHECK(std::set(groups.begin(), groups.end()).size() == 2 * 8);
  CHECK(suite.description().metric == "bits_per_byte");
}

TEST_CASE("[suite folder] features keep their values and take domains from a tensor") {
  std::vector<float> values(80);
  std::vector<int32_t> label, domain;
  for (size_t i = 0; i < 40; ++i) {
    values[2 * i] = static_cast<float>(i), values[2 * i + 1] = -0.5f;
    label.push_back(static_cast<int32_t>(5 + i % 2)), domain.push_back(static_cast<int32_t>(9 + i % 3));
  }
  const Suite suite = load(
      {{"suite.yaml", "kind: features\nsplit: {test: 0.3}\n"}, {"f.safetensors", features(values, 2, label, domain)}});
  CHECK(suite.description().domains == std::vector<std::string>{"9", "10", "11"});
  CHECK(suite.shape().outputs == 2);
  CHECK(suite.train_side().count + suite.test_count() == 40);
  for (size_t i = 0; i < static_cast<size_t>(suite.train_side().count); ++i) {
    const auto original = static_cast<int32_t>(suite.train_side().values[2 * i]);
    CHECK(suite.train_side().values[2 * i + 1] == -0.5f);
    CHECK(suite.train_side().domain[i] == original % 3);
    CHECK(suite.train_side().label[i] == original % 2);
  }
}

TEST_CASE("[suite folder] CSV knows quotes, doubled quotes, line breaks in cells, CRLF and blank lines") {
  std::vector<std::vector<std::string>> rows;
  std::vector<int64_t> lines;
  sources::read_csv("x.csv",
                    "\xef\xbb\xbf"
                    "a, b ,c\r\n\n\"1,5\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n,,\"\"\n7,8,9",
                    [&](const sources::CsvRow& row) {
                      rows.emplace_back(row.cells.begin(), row.cells.end());
                      lines.push_back(row.line);
                    });
  CHECK(rows == std::vector<std::vector<std::string>>{
                    {"a", "b", "c"}, {"1,5", "say \"hi\"", "two\nlines"}, {"", "", ""}, {"7", "8", "9"}});
  CHECK(lines == std::vector<int64_t>{1, 3, 5, 6});
}

TEST_CASE("[suite folder] the source tells its one setting, the path") {
  const auto facts = suites::folder().facts;
  CHECK(facts.kind == "suite");
  CHECK(facts.name == "folder");
  REQUIRE(facts.fields.size() == 1);
  CHECK(facts.fields[0].name == "path");
  CHECK(facts.fields[0].required);
}
