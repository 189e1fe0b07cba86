// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "harness/error.h"
#include "harness/evaluator.h"
#include "harness/suite.h"
#include "tasks/sources/prepared.h"
#include "tests/suite_files.h"
#include "tests/support/prepared_fixture.h"

// Prepared image data made up by the tests.
namespace loom::image_files {

using suite_files::has;
using suite_files::idx;
using testing::items_by_domain;
using testing::load_with_defaults;
using testing::refusal;

inline constexpr size_t kPixels = 28 * 28;

// Pixel p of image i of a set: all images of a test differ, and any byte can be told again from (set, i, p).
inline uint8_t made_up_pixel(uint32_t set, size_t i, size_t p) {
  uint32_t x = set * 0x9e3779b9U + static_cast<uint32_t>(i) * 0x85ebca6bU + static_cast<uint32_t>(p) * 0xc2b2ae35U;
  x ^= x >> 15, x *= 0x2c1b3c6dU, x ^= x >> 12;
  return static_cast<uint8_t>(x);
}

inline std::string images(uint32_t set, size_t count) {
  std::string data;
  for (size_t i = 0; i < count; ++i)
    for (size_t p = 0; p < kPixels; ++p) data += static_cast<char>(made_up_pixel(set, i, p));
  return idx({static_cast<uint32_t>(count), 28, 28}, data);
}

inline std::string labels(size_t count, size_t classes = 10) {
  std::string data;
  for (size_t i = 0; i < count; ++i) data += static_cast<char>(i % classes);
  return idx({static_cast<uint32_t>(count)}, data);
}

class Prepared : public testing::PreparedData {
 public:
  void put_halves(const std::string& data_set, uint32_t set, size_t train, size_t test) const {
    add(data_set, "train-images-idx3-ubyte", images(set, train));
    add(data_set, "train-labels-idx1-ubyte", labels(train));
    add(data_set, "t10k-images-idx3-ubyte", images(set + 1, test));
    add(data_set, "t10k-labels-idx1-ubyte", labels(test));
  }
  void put_set(const std::string& data_set, uint32_t set, size_t count, size_t classes) const {
    add(data_set, "images-idx3-ubyte", images(set, count));
    add(data_set, "labels-idx1-ubyte", labels(count, classes));
  }
};

inline Items test_of(const Suite& suite) {
  Evaluator evaluator(suite);
  return evaluator.open_test("image tests");
}

// The image of an item as bytes again, without the inputs that follow it.
inline std::vector<uint8_t> bytes_of(const Items& items, int64_t at, size_t pixels = kPixels) {
  std::vector<uint8_t> bytes;
  for (size_t p = 0; p < pixels; ++p)
    bytes.push_back(static_cast<uint8_t>(items.values[static_cast<size_t>(at * items.input_dim) + p] * 255 + 0.5F));
  return bytes;
}

inline std::vector<float> ids_of(const Items& items, int64_t at, size_t pixels = kPixels) {
  const auto begin = items.values.begin() + at * items.input_dim;
  return {begin + static_cast<int64_t>(pixels), begin + items.input_dim};
}

// Which made-up image this is: by comparing all bytes. -1: none.
inline int64_t place_of(const std::vector<uint8_t>& image, uint32_t set, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    size_t p = 0;
    while (p < kPixels && image[p] == made_up_pixel(set, i, p)) ++p;
    if (p == kPixels) return static_cast<int64_t>(i);
  }
  return -1;
}

inline std::set<int32_t> groups_of(const Items& items, int32_t domain = -1) {
  std::set<int32_t> groups;
  for (size_t i = 0; i < items.group.size(); ++i)
    if (domain < 0 || items.domain[i] == domain) groups.insert(items.group[i]);
  return groups;
}

// Whether the real data are here; says so where not.
inline bool all_here(const SuiteSource& source) {
  for (const auto& data_set : source.card->data)
    if (!sources::is_prepared(data_set)) {
      MESSAGE("skipped: data set " << data_set << " is not prepared; scripts/data " << source.facts.name);
      return false;
    }
  return true;
}

}  // namespace loom::image_files
