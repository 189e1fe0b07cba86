// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/image_files.h"

namespace loom::suites {
SuiteSource multimnist();
}  // namespace loom::suites

using namespace loom;
using namespace loom::image_files;

namespace loom::multimnist_test {
namespace {

constexpr size_t kOuter = 36, kOuterPixels = kOuter * kOuter;

// The made-up image that could lie in a corner: pixels no other image reaches are equal, the others no darker. -1:
// none.
int64_t in_corner(const std::vector<uint8_t>& image, size_t corner, uint32_t set, size_t count) {
  const size_t other = 8 - corner;
  for (size_t i = 0; i < count; ++i) {
    bool fits = true;
    for (size_t p = 0; p < kPixels && fits; ++p) {
      const size_t row = p / 28 + corner, column = p % 28 + corner;
      const bool alone = std::min(row, column) < other || std::max(row, column) >= other + 28;
      const uint8_t found = image[row * kOuter + column], expected = made_up_pixel(set, i, p);
      fits = alone ? found == expected : found >= expected;
    }
    if (fits) return static_cast<int64_t>(i);
  }
  return -1;
}

TEST_CASE("[multimnist] both questions show one image of two base images and share its group") {
  const Prepared data;
  data.put_halves("mnist", 1, 60, 30);
  const Suite suite = load_with_defaults(suites::multimnist(), {{"pairs", 30}, {"test", 15}});
  const Items& train = suite.train_side();
  CHECK(train.count == 60);
  CHECK(suite.test_count() == 30);
  CHECK(suite.shape().input_dim == 1298);
  CHECK(suite.shape().image == std::array<int64_t, 3>{1, 36, 36});
  CHECK(suite.shape().outputs == 10);
  CHECK(groups_of(train).size() == 30);
  std::set<int64_t> used;
  for (int64_t i = 0; i < train.count; i += 2) {
    const auto at = static_cast<size_t>(i);
    const auto image = bytes_of(train, i, kOuterPixels);
    CHECK(bytes_of(train, i + 1, kOuterPixels) == image);
    CHECK(train.group[at] == train.group[at + 1]);
    CHECK(ids_of(train, i, kOuterPixels) == std::vector<float>{1, 0});
    CHECK(ids_of(train, i + 1, kOuterPixels) == std::vector<float>{0, 1});
    CHECK(train.domain[at] == 0);
    CHECK(train.domain[at + 1] == 1);
    const int64_t left = in_corner(image, 0, 1, 60), right = in_corner(image, 8, 1, 60);
    REQUIRE(left >= 0);
    REQUIRE(right >= 0);
    CHECK(train.label[at] == left % 10);
    CHECK(train.label[at + 1] == right % 10);
    used.insert({left, right});
    for (size_t p = 0; p < kOuterPixels; ++p) {  // the overlay, from the two base images
      const auto part = [&](int64_t place, size_t corner) {
        const size_t row = p / kOuter - corner, column = p % kOuter - corner;  // wraps to huge where outside
        return row < 28 && column < 28 ? made_up_pixel(1, static_cast<size_t>(place), row * 28 + column) : uint8_t{0};
      };
      if (image[p] != std::max(part(left, 0), part(right, 8))) FAIL("pixel " << p << " of item " << i);
    }
  }
  CHECK(used.size() == 60);  // no base image is in two pairs
}

TEST_CASE("[multimnist] source both asks the left of Fashion-MNIST and the right of MNIST") {
  const Prepared data;
  data.put_halves("mnist", 1, 20, 20);
  data.put_halves("fashion", 5, 25, 20);
  const Suite suite = load_with_defaults(suites::multimnist(), {{"pairs", 20}, {"test", 20}, {"source", "both"}});
  const Items& train = suite.train_side();
  for (int64_t i = 0; i < train.count; i += 2) {
    const auto image = bytes_of(train, i, kOuterPixels);
    CHECK(in_corner(image, 0, 5, 25) % 10 == train.label[static_cast<size_t>(i)]);
    CHECK(in_corner(image, 8, 1, 20) % 10 == train.label[static_cast<size_t>(i) + 1]);
  }
  CHECK(suite.description().name == "multimnist_both");
}

TEST_CASE("[multimnist] a seed draws other pairs, and more pairs than images are refused") {
  const Prepared data;
  data.put_halves("mnist", 1, 60, 30);
  const Json few = {{"pairs", 20}, {"test", 5}};
  Json other = few;
  other["seed"] = 1;
  CHECK(load_with_defaults(suites::multimnist(), few).digest() ==
        load_with_defaults(suites::multimnist(), few).digest());
  CHECK(load_with_defaults(suites::multimnist(), few).digest() !=
        load_with_defaults(suites::multimnist(), other).digest());
  CHECK(refusal(data, [] {
          load_with_defaults(suites::multimnist(), {{"pairs", 31}, {"test", 5}});
        }) == "mnist/train-images-idx3-ubyte: has 60 images for this part of the suite; 62 are needed");
}

TEST_CASE("[multimnist] the default of the real data has its sizes and the same bytes each time") {
  const SuiteSource source = suites::multimnist();
  if (!all_here(source)) return;
  const Suite suite = load_with_defaults(source);
  CHECK(items_by_domain(suite.train_side(), 2) == std::vector<int64_t>(2, 12000));
  CHECK(items_by_domain(test_of(suite), 2) == std::vector<int64_t>(2, 2000));
  CHECK(suite.digest() == "e8bb7a3e3f3e8d66836858e36152cffa98965c3087eb0f342cc7505ea66da23f");
}

}  // namespace
}  // namespace loom::multimnist_test
