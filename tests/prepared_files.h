// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/error.h"
#include "harness/evaluator.h"
#include "harness/io.h"
#include "harness/suite.h"

// Made-up prepared data sets, for tests of suites that read real ones.
namespace loom::testing {

// An empty LOOM_DATA while it lives.
class PreparedFiles {
 public:
  PreparedFiles() {
    if (const char* before = std::getenv("LOOM_DATA")) before_ = before;
    std::string pattern = (std::filesystem::temp_directory_path() / "loom-data-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
    setenv("LOOM_DATA", root_.c_str(), 1);
  }
  ~PreparedFiles() {
    before_ ? setenv("LOOM_DATA", before_->c_str(), 1) : unsetenv("LOOM_DATA");
    std::filesystem::remove_all(root_);
  }
  PreparedFiles(const PreparedFiles&) = delete;
  PreparedFiles& operator=(const PreparedFiles&) = delete;

  // Writes a file; the data set then counts as prepared.
  void add(const std::string& data_set, const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(root_ / data_set);
    write_file_atomic(root_ / data_set / name, text);
    write_file_atomic(root_ / data_set / "manifest.tsv", "");
  }

  // The message that loading is refused with, less the folder; empty where nothing is wrong.
  std::string refusal(const SuiteSource& source, const Json& options = Json::object()) const {
    try {
      source.load(options);
    } catch (const InputError& error) {
      std::string message = error.what();
      const std::string prefix = root_.string() + "/";
      for (size_t at = 0; (at = message.find(prefix, at)) != std::string::npos;) message.erase(at, prefix.size());
      return message;
    }
    return "";
  }

 private:
  std::filesystem::path root_;
  std::optional<std::string> before_;
};

// A text of lines, one after another from their numbers 0, 1 ...
template <class Line>
std::string lines(const std::string& header, int count, Line line) {
  std::string text = header + "\n";
  for (int i = 0; i < count; ++i) text += line(i) + "\n";
  return text;
}

// Item `at` as the suite gives it.
inline std::vector<float> item_of(const Items& items, int64_t at) {
  const auto begin = items.values.begin() + at * items.input_dim;
  return {begin, begin + items.input_dim};
}

// How many items each domain has.
inline std::vector<int64_t> items_by_domain(const Items& items, size_t domains) {
  std::vector<int64_t> count(domains, 0);
  for (int32_t domain : items.domain) ++count[static_cast<size_t>(domain)];
  return count;
}

}  // namespace loom::testing
