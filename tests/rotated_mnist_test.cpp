// SPDX-License-Identifier: Apache-2.0
#include "tests/image_files.h"

namespace loom::suites {
SuiteSource rotated_mnist();
}  // namespace loom::suites

using namespace loom;
using namespace loom::image_files;

namespace loom::rotated_mnist_test {
namespace {

Suite load_full(const std::string& images) {
  return load_with_defaults(suites::rotated_mnist(), {{"size", "full"}, {"images", images}});
}

TEST_CASE("[rotated_mnist] domain turned0 shows images as they are, every domain images of its own") {
  const Prepared data;
  data.put_halves("mnist", 1, 62, 33);
  const Suite suite = load_full("disjoint");
  const Items &train = suite.train_side(), test = test_of(suite);
  CHECK(suite.description().domains.front() == "turned0");
  CHECK(suite.description().domains.back() == "turned75");
  CHECK(items_by_domain(train, 6) == std::vector<int64_t>(6, 10));  // 62 / 6
  CHECK(items_by_domain(test, 6) == std::vector<int64_t>(6, 5));
  CHECK(groups_of(train).size() == 60);
  CHECK(groups_of(test).size() == 30);
  for (int64_t i = 0; i < 10; ++i) {
    const int64_t place = place_of(bytes_of(train, i), 1, 62);
    CHECK(train.group[static_cast<size_t>(i)] == place);
    CHECK(train.label[static_cast<size_t>(i)] == place % 10);
  }
  CHECK(place_of(bytes_of(train, 10), 1, 62) == -1);  // turned by 15 degrees
}

TEST_CASE("[rotated_mnist] of the same images all views have one label, one group and one split") {
  const Prepared data;
  data.put_halves("mnist", 1, 40, 12);
  const Suite suite = load_full("same");
  const Items& train = suite.train_side();
  CHECK(items_by_domain(train, 6) == std::vector<int64_t>(6, 40));
  CHECK(groups_of(train).size() == 40);
  for (size_t i = 0; i < 240; ++i) {
    CHECK(train.group[i] == train.group[i % 40]);
    CHECK(train.label[i] == train.label[i % 40]);
  }
  for (Split split : kTrainSideSplits) CHECK(suite.indices(split, 3).size() % 6 == 0);
}

TEST_CASE("[rotated_mnist] a turned bar is where it should be") {
  // A vertical bar through the middle, turned by 45 degrees counter-clockwise, runs from the upper left to the lower
  // right; turned by 30 it leans to the left, so its upper end is left of the middle and its lower end right of it.
  const Prepared data;
  std::string bars;
  for (size_t i = 0; i < 24 * kPixels; ++i) bars += static_cast<char>(i % 28 == 13 || i % 28 == 14 ? 255 : 0);
  for (const char* half : {"train", "t10k"}) {
    data.add("mnist", half + std::string("-images-idx3-ubyte"), idx({24, 28, 28}, bars));
    data.add("mnist", half + std::string("-labels-idx1-ubyte"), labels(24));
  }
  const Suite suite = load_full("same");
  const auto at = [&](int64_t domain, size_t row, size_t column) {
    return bytes_of(suite.train_side(), domain * 24)[row * 28 + column];
  };
  CHECK(at(0, 2, 13) == 255);
  for (size_t i = 5; i < 23; ++i) CHECK(at(3, i, i) == 255);
  CHECK(at(3, 22, 5) == 0);
  CHECK(at(2, 3, 7) > 200);  // 10.5 rows up, tan 30 * 10.5 = 6.1 columns left of 13.5
  CHECK(at(2, 24, 20) > 200);
  CHECK(at(2, 3, 20) == 0);
}

TEST_CASE("[rotated_mnist] tiny of the real data has its sizes and the same bytes each time") {
  const SuiteSource source = suites::rotated_mnist();
  if (!all_here(source)) return;
  const Suite tiny = load_with_defaults(source);
  CHECK(items_by_domain(tiny.train_side(), 6) == std::vector<int64_t>(6, 3720));
  CHECK(items_by_domain(test_of(tiny), 6) == std::vector<int64_t>(6, 1000));
  CHECK(groups_of(tiny.train_side()).size() == 6 * 3720);
  CHECK(tiny.digest() == "858259966a9507f0975b41e64a8ba5d4d5490dc91e6f986eb934e9a6ea717571");
}

}  // namespace
}  // namespace loom::rotated_mnist_test
