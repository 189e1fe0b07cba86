// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

#include "harness/error.h"
#include "harness/suite.h"
#include "tests/support/result_fixture.h"

// Prepared data sets made up by a test.
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
  void add(const std::string& data_set, const std::string& file, const std::string& bytes) {
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
inline std::string refusal(const PreparedData& data, const SuiteSource& source, const Json& changes = Json::object()) {
  try {
    load_with_defaults(source, changes);
  } catch (const InputError& error) {
    std::string message = error.what();
    const std::string folder = data.path().string() + "/";
    if (const size_t at = message.find(folder); at != std::string::npos) message.erase(at, folder.size());
    return message;
  }
  return "";
}

}  // namespace loom::testing
