// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/image_files.h"

namespace loom::suites {
SuiteSource permuted_mnist();
}  // namespace loom::suites

using namespace loom;
using namespace loom::image_files;

namespace loom::permuted_mnist_test {
namespace {

Suite load_full(const Json& changes) {
  Json options = {{"size", "full"}, {"images", "same"}};
  options.update(changes);
  return load_with_defaults(suites::permuted_mnist(), options);
}

// Where each pixel of a domain comes from, told from images of the same base items: the column of bytes over all items
// names the pixel. Empty unless it is a bijection.
std::vector<size_t> order_in(const Items& items, size_t count, size_t domain) {
  std::map<std::vector<uint8_t>, size_t> columns;
  std::vector<std::vector<uint8_t>> plain, changed;
  for (size_t i = 0; i < count; ++i) {
    plain.push_back(bytes_of(items, static_cast<int64_t>(i)));
    changed.push_back(bytes_of(items, static_cast<int64_t>(domain * count + i)));
  }
  const auto column = [&](const std::vector<std::vector<uint8_t>>& images, size_t p) {
    std::vector<uint8_t> bytes;
    for (const auto& image : images) bytes.push_back(image[p]);
    return bytes;
  };
  for (size_t p = 0; p < kPixels; ++p) columns[column(plain, p)] = p;
  REQUIRE(columns.size() == kPixels);
  std::vector<size_t> order;
  for (size_t p = 0; p < kPixels; ++p) {
    const auto found = columns.find(column(changed, p));
    if (found == columns.end()) return {};
    order.push_back(found->second);
  }
  return std::set(order.begin(), order.end()).size() == kPixels ? order : std::vector<size_t>();
}

TEST_CASE("[permuted_mnist] task 0 is the identity, every other a bijection of its own, on both sides the same") {
  const Prepared data;
  data.put_halves("mnist", 1, 40, 20);
  const Suite suite = load_full({{"tasks", 3}});
  const Items test = test_of(suite);
  CHECK(suite.description().domains == std::vector<std::string>{"task0", "task1", "task2"});
  CHECK(items_by_domain(suite.train_side(), 3) == std::vector<int64_t>(3, 40));
  for (int64_t i = 0; i < 40; ++i)
    CHECK(place_of(bytes_of(suite.train_side(), i), 1, 40) == suite.train_side().group[static_cast<size_t>(i)]);
  const auto first = order_in(suite.train_side(), 40, 1), second = order_in(suite.train_side(), 40, 2);
  REQUIRE(first.size() == kPixels);
  REQUIRE(second.size() == kPixels);
  CHECK(first != second);
  CHECK(order_in(test, 20, 1) == first);
  CHECK(order_in(test, 20, 2) == second);
  CHECK_FALSE(std::ranges::is_sorted(first));
}

TEST_CASE("[permuted_mnist] more tasks leave the orders of the first, another seed changes them") {
  const Prepared data;
  data.put_halves("mnist", 1, 40, 20);
  const Items few = load_full({{"tasks", 2}}).train_side(), more = load_full({{"tasks", 4}}).train_side(),
              other = load_full({{"tasks", 2}, {"seed", 1}}).train_side();
  CHECK(std::equal(few.values.begin(), few.values.end(), more.values.begin()));
  CHECK(order_in(other, 40, 1) != order_in(few, 40, 1));
}

TEST_CASE("[permuted_mnist] with images of their own, tasks beyond what the file holds are refused") {
  const Prepared data;
  data.put_halves("mnist", 1, 50, 50);
  const Suite suite = load_full({{"tasks", 5}, {"images", "disjoint"}});
  CHECK(items_by_domain(suite.train_side(), 5) == std::vector<int64_t>(5, 10));
  CHECK(groups_of(suite.train_side()).size() == 50);
  const std::string message = refusal(data, [] {
    load_with_defaults(suites::permuted_mnist(), {{"tasks", 5}, {"images", "disjoint"}});
  });
  CHECK(message == "mnist/train-images-idx3-ubyte: has 50 images for this part of the suite; 18600 are needed");
}

TEST_CASE("[permuted_mnist] tiny of the real data has its sizes and the same bytes each time") {
  const SuiteSource source = suites::permuted_mnist();
  if (!all_here(source)) return;
  const Suite tiny = load_with_defaults(source);
  CHECK(items_by_domain(tiny.train_side(), 10) == std::vector<int64_t>(10, 3720));
  CHECK(items_by_domain(test_of(tiny), 10) == std::vector<int64_t>(10, 1000));
  CHECK(tiny.digest() == "acb15136aa7dc2a182380fa1d78812cac7cafcd01be0ddd0ad7dd5effa3c99c2");
}

}  // namespace
}  // namespace loom::permuted_mnist_test
