// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/error.h"
#include "harness/evaluator.h"
#include "harness/suite.h"
#include "tests/support/result_fixture.h"

// Prepared data sets made up by a test of a suite that reads real ones.
namespace loom::testing {

// LOOM_DATA is an empty folder of its own while this lives.
class PreparedData {
 public:
  PreparedData() {
    if (const char* before = std::getenv("LOOM_DATA")) before_ = before;
    setenv("LOOM_DATA", folder_.path().c_str(), 1);
  }
  ~PreparedData() {
    if (before_)
      setenv("LOOM_DATA", before_->c_str(), 1);
    else
      unsetenv("LOOM_DATA");
  }
  PreparedData(const PreparedData&) = delete;
  PreparedData& operator=(const PreparedData&) = delete;

  const std::filesystem::path& path() const { return folder_.path(); }
  // Writes a file; the data set then counts as prepared.
  void add(const std::string& data_set, const std::string& file, const std::string& bytes) const {
    make_folders(path() / data_set);
    write_file_atomic(path() / data_set / file, bytes);
    write_file_atomic(path() / data_set / "manifest.tsv", "");
  }

 private:
  ScratchFolder folder_;
  std::optional<std::string> before_;
};

inline Suite load_with_defaults(const SuiteSource& source, const Json& changes = Json::object()) {
  Json options = Json::object();
  for (const Field& field : source.facts.fields) options[field.name] = field.fallback;
  options.update(changes);
  return source.load(options);
}

// The refusal with the data's own folder taken out of it; empty when nothing is refused.
inline std::string refusal(const PreparedData& data, const std::function<void()>& act) {
  try {
    act();
  } catch (const InputError& error) {
    std::string message = error.what();
    const std::string folder = data.path().string() + "/";
    for (size_t at = 0; (at = message.find(folder, at)) != std::string::npos;) message.erase(at, folder.size());
    return message;
  }
  return "";
}

inline std::string refusal(const PreparedData& data, const SuiteSource& source, const Json& changes = Json::object()) {
  return refusal(data, [&] { load_with_defaults(source, changes); });
}

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
