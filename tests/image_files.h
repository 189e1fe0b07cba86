// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/error.h"
#include "harness/evaluator.h"
#include "harness/io.h"
#include "harness/suite.h"
#include "tasks/sources/prepared.h"
#include "tests/suite_files.h"

// Prepared image data made up by the tests: a folder that LOOM_DATA names while an object lives.
namespace loom::image_files {

using suite_files::has;
using suite_files::idx;

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

class Prepared {
 public:
  Prepared() {
    std::string pattern = (std::filesystem::temp_directory_path() / "loom-images-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
    if (const char* before = std::getenv("LOOM_DATA")) before_ = before;
    setenv("LOOM_DATA", root_.c_str(), 1);
  }
  ~Prepared() {
    std::filesystem::remove_all(root_);
    if (before_)
      setenv("LOOM_DATA", before_->c_str(), 1);
    else
      unsetenv("LOOM_DATA");
  }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  void put(const std::string& data_set, const std::string& file, const std::string& bytes) const {
    std::filesystem::create_directories(root_ / data_set);
    write_file_atomic(root_ / data_set / file, bytes);
    write_file_atomic(root_ / data_set / "manifest.tsv", "");
  }
  void put_halves(const std::string& data_set, uint32_t set, size_t train, size_t test) const {
    put(data_set, "train-images-idx3-ubyte", images(set, train));
    put(data_set, "train-labels-idx1-ubyte", labels(train));
    put(data_set, "t10k-images-idx3-ubyte", images(set + 1, test));
    put(data_set, "t10k-labels-idx1-ubyte", labels(test));
  }
  void put_set(const std::string& data_set, uint32_t set, size_t count, size_t classes) const {
    put(data_set, "images-idx3-ubyte", images(set, count));
    put(data_set, "labels-idx1-ubyte", labels(count, classes));
  }
  const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
  std::optional<std::string> before_;
};

inline Suite load(const SuiteSource& source, const Json& changes = Json::object()) {
  Json options = Json::object();
  for (const Field& field : source.facts.fields) options[field.name] = field.fallback;
  if (changes.is_object()) options.update(changes);
  return source.load(options);
}

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

inline std::vector<int64_t> per_domain(const Items& items, size_t domains) {
  std::vector<int64_t> count(domains, 0);
  for (int32_t domain : items.domain) ++count[static_cast<size_t>(domain)];
  return count;
}

inline std::set<int32_t> groups_of(const Items& items, int32_t domain = -1) {
  std::set<int32_t> groups;
  for (size_t i = 0; i < items.group.size(); ++i)
    if (domain < 0 || items.domain[i] == domain) groups.insert(items.group[i]);
  return groups;
}

// The refusal of a load, without the path of the temporary folder.
inline std::string refusal(const Prepared& data, const std::function<void()>& act) {
  try {
    act();
  } catch (const InputError& error) {
    std::string message = error.what();
    const std::string prefix = data.root().string() + "/";
    for (size_t at = 0; (at = message.find(prefix, at)) != std::string::npos;) message.erase(at, prefix.size());
    return message;
  }
  return "nothing refused";
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
