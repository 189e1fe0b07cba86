// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/image_files.h"

namespace loom::suites {
SuiteSource img4();
SuiteSource shifted();
}  // namespace loom::suites

using namespace loom;
using namespace loom::image_files;

namespace loom::img4_test {
namespace {

enum Set : uint32_t { kMnist = 1, kFashion = 3, kAnimal = 5, kGlyphs = 6 };
constexpr size_t kFonts = 15;

// 50 + 20 images of MNIST, 40 + 30 of Fashion, 60 animals, 15 fonts.
void put_all(const Prepared& data) {
  data.put_halves("mnist", kMnist, 50, 20);
  data.put_halves("fashion", kFashion, 40, 30);
  data.put_set("animal", kAnimal, 60, 10);
  data.put_set("glyphs", kGlyphs, 20 * kFonts, 20);
}

Suite load_full(const std::string& labels = "shared", const std::string& test = "own") {
  return load_with_defaults(suites::img4(), {{"size", "full"}, {"labels", labels}, {"test", test}});
}

TEST_CASE("[img4] both sides hold every image once, with its label, in the domain of its data set") {
  const Prepared data;
  put_all(data);
  const Suite suite = load_full();
  const Items &train = suite.train_side(), test = test_of(suite);
  CHECK(items_by_domain(train, 4) == std::vector<int64_t>{50, 40, 48, 120});
  CHECK(items_by_domain(test, 4) == std::vector<int64_t>{20, 30, 12, 30});
  CHECK(suite.shape().input_dim == 784);
  CHECK(suite.shape().outputs == 10);
  CHECK(suite.shape().image == std::array<int64_t, 3>{1, 28, 28});
  std::map<uint32_t, std::set<int64_t>> seen;
  for (const Items* items : {&train, &test})
    for (int64_t i = 0; i < items->count; ++i) {
      const auto at = static_cast<size_t>(i);
      const uint32_t half = items == &test ? 1 : 0;
      const uint32_t set = std::array<uint32_t, 4>{kMnist + half, kFashion + half, kAnimal, kGlyphs}[items->domain[at]];
      const int64_t place = place_of(bytes_of(*items, i), set, 300);
      REQUIRE(place >= 0);
      CHECK(seen[set].insert(place).second);
      CHECK(items->label[at] == place % (set == kGlyphs ? 20 : 10));
    }
  CHECK(seen[kAnimal].size() == 60);
  CHECK(seen[kGlyphs].size() == 10 * kFonts);  // letters alone
}

TEST_CASE("[img4] a font is a group and lies on one side; other images are groups of their own") {
  const Prepared data;
  put_all(data);
  const Suite suite = load_full();
  const Items &train = suite.train_side(), test = test_of(suite);
  CHECK(groups_of(train, 3).size() == 12);
  CHECK(groups_of(test, 3).size() == 3);
  CHECK(groups_of(train).size() == 50 + 40 + 48 + 12);
  CHECK(groups_of(test).size() == 20 + 30 + 12 + 3);
  std::map<int32_t, std::set<int64_t>> fonts;
  for (const Items* items : {&train, &test})
    for (int64_t i = 0; i < items->count; ++i)
      if (items->domain[static_cast<size_t>(i)] == 3)
        fonts[items->group[static_cast<size_t>(i)]].insert(place_of(bytes_of(*items, i), kGlyphs, 300) / 20);
  for (const auto& [group, of_group] : fonts) CHECK(of_group.size() == 1);
}

TEST_CASE("[img4] copies of an animal are one group, and fonts with a letter in common one family, each on one side") {
  const Prepared data;
  put_all(data);
  // Animals 2i and 2i + 1 are copies for i < 20. Letter 3 of fonts 0, 1 and letter 4 of fonts 1, 2 are the same: a
  // chain.
  std::string animal = images(kAnimal, 60), glyph = images(kGlyphs, 300);
  const auto copy = [](std::string& bytes, size_t from, size_t to) {
    bytes.replace(16 + to * kPixels, kPixels, bytes, 16 + from * kPixels, kPixels);
  };
  for (size_t i = 0; i < 20; ++i) copy(animal, 2 * i, 2 * i + 1);
  copy(glyph, 3, 23), copy(glyph, 24, 44);
  copy(glyph, 15, 195);  // a digit of fonts 0 and 9 makes no family
  data.add("animal", "images-idx3-ubyte", animal);
  data.add("glyphs", "images-idx3-ubyte", glyph);
  const Suite suite = load_full();
  const Items &train = suite.train_side(), test = test_of(suite);
  CHECK(items_by_domain(train, 4) == std::vector<int64_t>{50, 40, 48, 120});
  CHECK(items_by_domain(test, 4) == std::vector<int64_t>{20, 30, 12, 30});
  CHECK(groups_of(train, 2).size() + groups_of(test, 2).size() == 40);
  CHECK(groups_of(train, 3).size() + groups_of(test, 3).size() == kFonts - 2);
  std::map<std::vector<uint8_t>, std::set<int32_t>> groups;
  for (const Items* items : {&train, &test})
    for (int64_t i = 0; i < items->count; ++i)
      if (items->domain[static_cast<size_t>(i)] > 1)
        groups[bytes_of(*items, i)].insert(items->group[static_cast<size_t>(i)]);
  for (const auto& [image, of_image] : groups) CHECK(of_image.size() == 1);
}

TEST_CASE("[img4] the three regimes differ in labels and told domain, and in nothing else") {
  const Prepared data;
  put_all(data);
  const Suite shared = load_full(), told = load_full("shared_with_id"), disjoint = load_full("disjoint");
  CHECK(told.shape().input_dim == 788);
  CHECK(told.shape().outputs == 10);
  CHECK(disjoint.shape().input_dim == 784);
  CHECK(disjoint.shape().outputs == 40);
  CHECK(disjoint.train_side().values == shared.train_side().values);
  CHECK(told.train_side().label == shared.train_side().label);
  CHECK(told.train_side().group == shared.train_side().group);
  for (int64_t i = 0; i < shared.train_side().count; ++i) {
    const auto at = static_cast<size_t>(i);
    const int32_t domain = shared.train_side().domain[at];
    CHECK(disjoint.train_side().label[at] == shared.train_side().label[at] + 10 * domain);
    std::vector<float> expected(4, 0);
    expected[static_cast<size_t>(domain)] = 1;
    CHECK(ids_of(told.train_side(), i) == expected);
    CHECK(bytes_of(told.train_side(), i) == bytes_of(shared.train_side(), i));
  }
  CHECK(shared.description().name == "img4_shared");
  CHECK(has(told.description().summary, "the domain given"));
  CHECK(has(shared.description().summary, "the domain not given"));
  CHECK(has(disjoint.description().summary, "40 classes"));
}

TEST_CASE("[img4] the test of mnist can be digits of fonts that no one has trained on") {
  const Prepared data;
  put_all(data);
  const Suite own = load_full(), other = load_full("shared", "glyph_digits");
  CHECK(other.train_side().values == own.train_side().values);
  const Items test = test_of(other);
  CHECK(items_by_domain(test, 4) == std::vector<int64_t>{30, 30, 12, 30});
  CHECK(groups_of(test, 0) == groups_of(test, 3));  // the fonts of the test of glyphs
  for (int64_t i = 0; i < 30; ++i) {
    const int64_t place = place_of(bytes_of(test, i), kGlyphs, 300);
    CHECK(place % 20 == 10 + test.label[static_cast<size_t>(i)]);
  }
}

TEST_CASE("[img4] the test of mnist can be optdigits, enlarged and framed in black") {
  const Prepared data;
  put_all(data);
  const Items test = test_of(load_full("disjoint", "optdigits"));
  CHECK(items_by_domain(test, 4) == std::vector<int64_t>{1797, 30, 12, 30});
  CHECK(*std::max_element(test.label.begin(), test.label.begin() + 1797) == 9);
  for (int64_t i : {0, 1796}) {
    const auto image = bytes_of(test, i);
    int lit = 0;
    for (size_t p = 0; p < kPixels; ++p) {
      const size_t row = p / 28, column = p % 28;
      if (std::min(row, column) < 4 || std::max(row, column) >= 24) CHECK(image[p] == 0);
      lit += image[p] > 127;
    }
    CHECK(lit > 40);
  }
}

TEST_CASE("[img4] a whole data set left out can be rejected, though its classes are no one's") {
  const Prepared data;
  put_all(data);
  const auto left_out = [](const char* kind) {
    const Json img4 = {{"name", "img4"}, {"size", "full"}, {"labels", "disjoint"}, {"test", "own"}};
    return load_with_defaults(suites::shifted(), {{"of", img4}, {"kind", kind}, {"domain", "glyphs"}});
  };
  const Suite suite = left_out("rejection");
  CHECK(suite.shape().outputs == 30);
  CHECK(suite.shape().held_out == 1);
  CHECK(items_by_domain(suite.train_side(), 4) == std::vector<int64_t>{50, 40, 48, 0});
  CHECK(items_by_domain(test_of(suite), 4) == std::vector<int64_t>{20, 30, 12, 30});
  CHECK(has(refusal(data, [&] { left_out("held_out"); }), "out of range; the train side has 30 classes"));
}

TEST_CASE("[img4] files that do not hold what they should are refused in one line") {
  const Prepared data;
  struct Case {
    const char* expected;
    const char* data_set;
    const char* file;
    std::string bytes;
  };
  const std::vector<Case> cases = {
      {"mnist/train-images-idx3-ubyte: is truncated", "mnist", "train-images-idx3-ubyte",
       images(kMnist, 50).substr(0, 784 * 49)},
      {"mnist/t10k-images-idx3-ubyte: is not an IDX file: it begins with 504b0304", "mnist", "t10k-images-idx3-ubyte",
       "PK\x03\x04 and so on"},
      {"mnist/train-images-idx3-ubyte: its shape is 50 x 14 x 56; images of 28 x 28 are needed", "mnist",
       "train-images-idx3-ubyte", idx({50, 14, 56}, std::string(50 * 784, 1))},
      {"fashion/train-labels-idx1-ubyte: item 3: label 10 is outside 0..9", "fashion", "train-labels-idx1-ubyte",
       idx({40}, std::string(3, 9) + std::string(37, 10))},
      {"fashion/t10k-labels-idx1-ubyte: its shape is 29; 30 labels are needed", "fashion", "t10k-labels-idx1-ubyte",
       labels(29)},
      {"glyphs/images-idx3-ubyte: item 1 has label 0; every font has the characters 0..19 in order", "glyphs",
       "labels-idx1-ubyte", idx({300}, std::string(300, 0))},
  };
  for (const Case& one : cases) {
    put_all(data);
    data.add(one.data_set, one.file, one.bytes);
    const std::string message = refusal(data, [] { load_full(); });
    INFO(message);
    CHECK(has(message, one.expected));
    CHECK_FALSE(has(message, "\n"));
  }
  put_all(data);
  data.put_set("glyphs", kGlyphs, 299, 20);
  CHECK(has(refusal(data, [] { load_full(); }), "299 glyphs are not 20 of each font"));
  put_all(data);
  CHECK(has(refusal(data, [] { load_with_defaults(suites::img4()); }),
            "mnist/train-images-idx3-ubyte: has 50 images for this part of the suite; 3720 are needed"));
}

TEST_CASE("[img4] data that are not here, as a whole or a file of them, are the machine's fault") {
  const Prepared data;
  put_all(data);
  std::filesystem::remove(data.path() / "animal" / "labels-idx1-ubyte");
  CHECK_THROWS_AS(load_full(), EnvironmentError);
  std::filesystem::remove_all(data.path() / "fashion");
  CHECK_THROWS_WITH_AS(load_full(), doctest::Contains("scripts/data img4"), EnvironmentError);
}

TEST_CASE("[img4] tiny of the real data has its sizes, and the same bytes each time") {
  const SuiteSource source = suites::img4();
  if (!all_here(source)) return;
  const Suite tiny = load_with_defaults(source);
  CHECK(items_by_domain(tiny.train_side(), 4) == std::vector<int64_t>(4, 3720));
  CHECK(items_by_domain(test_of(tiny), 4) == std::vector<int64_t>{1000, 1000, 1000, 930});
  CHECK(tiny.digest() == "65235f5032e0c8df0cfb795743517018ea9e63ab40033ce04d4cd13de2e1e22f");
}

TEST_CASE("[img4] full of the real data has every image, with its label") {
  if (!all_here(suites::img4())) return;
  const Suite full = load_full();
  const Items &train = full.train_side(), test = test_of(full);
  CHECK(items_by_domain(train, 4) == std::vector<int64_t>{60000, 60000, 8000, 3720});
  CHECK(items_by_domain(test, 4) == std::vector<int64_t>{10000, 10000, 2000, 930});
  // The sum of (label + 1) * pixel over each domain's items, from the files by a second parser, of ten lines of Python.
  std::array<int64_t, 4> sums = {};
  for (const Items* items : {&train, &test})
    for (int64_t i = 0; i < items->count; ++i) {
      const auto at = static_cast<size_t>(i);
      const auto begin = items->values.begin() + i * 784;
      const double sum = std::accumulate(begin, begin + 784, 0.0) * 255;
      sums[static_cast<size_t>(items->domain[at])] += (items->label[at] + 1) * std::llround(sum);
    }
  CHECK(sums == std::array<int64_t, 4>{9947270209, 21757087004, 2939498338, 788846705});
}

}  // namespace
}  // namespace loom::img4_test
