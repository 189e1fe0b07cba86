// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "architectures/partitions/_clusters.h"
#include "harness/partition.h"
#include "harness/random.h"

namespace loom::clusters_test {
namespace {

using clusters::Matrix;

// Clouds far apart; rows of cloud c are c, c + k, c + 2k, ...
Matrix clouds(int64_t rows, int64_t k) {
  Stream stream(1, "test/clouds");
  Matrix out(rows, 3);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t i = 0; i < 3; ++i)
      out(row, i) = static_cast<float>(stream.normal() + (row % k == i ? 50.0 : 0.0) + (row % k >= 3 ? -50.0 : 0.0));
  return out;
}

std::vector<int64_t> sizes(const std::vector<int32_t>& part, int64_t k) {
  std::vector<int64_t> count(static_cast<size_t>(k));
  for (const int32_t one : part) ++count[static_cast<size_t>(one)];
  return count;
}

TEST_CASE("[clusters] clouds that are apart are found, whatever the seed") {
  for (const uint64_t seed : {0, 1, 2}) {
    const auto part = clusters::balanced_kmeans(clouds(120, 4), 4, seed);
    for (size_t row = 0; row < part.size(); ++row) CHECK(part[row] == part[row % 4]);
    CHECK(std::set(part.begin(), part.begin() + 4).size() == 4);
  }
}

TEST_CASE("[clusters] sizes differ by one at most, even where clouds are not of equal size") {
  const Matrix rows = clouds(122, 2);  // 61 each
  for (const int64_t k : {1, 3, 5, 7}) {
    const auto count = sizes(clusters::balanced_kmeans(rows, k, 0), k);
    CHECK(std::ranges::max(count) - std::ranges::min(count) <= 1);
  }
  CHECK(clusters::balanced_kmeans(rows, 5, 3) == clusters::balanced_kmeans(rows, 5, 3));
}

TEST_CASE("[clusters] points on a line by hand: the middle goes where there is room") {
  Matrix line(5, 1);
  line << 0, 1, 2, 10, 11;
  const auto part = clusters::balanced_kmeans(line, 2, 0);
  CHECK(part[0] == part[1]);
  CHECK(part[1] == part[2]);
  CHECK(part[3] == part[4]);
  CHECK(part[0] != part[3]);
  Matrix crowded(4, 1);
  crowded << 0, 1, 2, 10;  // 2 is nearer to the crowd, which is full
  const auto balanced = clusters::balanced_kmeans(crowded, 2, 0);
  CHECK(balanced[0] == balanced[1]);
  CHECK(balanced[2] == balanced[3]);
}

TEST_CASE("[clusters] tf-idf rows have length one and weigh rare bytes higher") {
  Items items;
  items.kind = InputKind::tokens;
  items.count = 3;
  items.input_dim = 2;
  items.bytes = {'a', 'b', 'a', 'c', 'a', 'a'};
  const Matrix rows = clusters::features(items);
  for (int64_t row = 0; row < 3; ++row) CHECK(rows.row(row).norm() == doctest::Approx(1));
  // Row 0: a is in all three windows, b and the pair ab in one: log(4/4) + 1 against log(4/2) + 1.
  const float common = 1, rare = std::log(2.0F) + 1, length = std::sqrt(common * common + 2 * rare * rare);
  std::vector<float> found;
  for (int64_t bin = 0; bin < rows.cols(); ++bin)
    if (rows(0, bin) > 0) found.push_back(rows(0, bin));
  std::ranges::sort(found);
  REQUIRE(found.size() == 3);
  CHECK(found[0] == doctest::Approx(common / length));
  CHECK(found[1] == doctest::Approx(rare / length));
  CHECK(found[2] == doctest::Approx(rare / length));
}

TEST_CASE("[clusters] groups stay whole, and the splits of a seed agree") {
  Items items;
  items.count = 80;
  items.input_dim = 2;
  Stream stream(4, "test/groups");
  for (int64_t item = 0; item < items.count; ++item) {
    items.domain.push_back(0);
    items.group.push_back(static_cast<int32_t>(item / 4));
    for (int i = 0; i < 2; ++i) items.values.push_back(static_cast<float>(stream.normal()));
  }
  const PartitionSource& source = find_partition("clusters");
  const Json options = {{"name", "clusters"}, {"parts", 4}};
  std::vector<int64_t> all(80), odd;
  std::iota(all.begin(), all.end(), 0);
  for (int64_t item = 1; item < 80; item += 2) odd.push_back(item);
  const auto whole = source.assign(options, {}, items, all, 5), half = source.assign(options, {}, items, odd, 5);
  for (size_t item = 0; item < 80; ++item) CHECK(whole[item] == whole[item / 4 * 4]);
  for (size_t i = 0; i < odd.size(); ++i) CHECK(half[i] == whole[static_cast<size_t>(odd[i])]);
  CHECK(std::set(whole.begin(), whole.end()).size() == 4);
}

}  // namespace
}  // namespace loom::clusters_test
