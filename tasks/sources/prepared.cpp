// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/prepared.h"

#include <cstdlib>
#include <string>

#include "harness/error.h"

namespace loom::sources {
namespace {

// scripts/data writes it last, so a data set that was cut short does not count.
constexpr std::string_view kManifest = "manifest.tsv";

std::filesystem::path from_environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr ? value : "";
}

}  // namespace

std::filesystem::path prepared_root() {
  if (auto root = from_environment("LOOM_DATA"); !root.empty()) return root;
  if (auto cache = from_environment("XDG_CACHE_HOME"); !cache.empty()) return cache / "loom" / "data";
  return from_environment("HOME") / ".cache" / "loom" / "data";
}

bool is_prepared(std::string_view data_set) { return std::filesystem::exists(prepared_root() / data_set / kManifest); }

std::filesystem::path prepared(std::string_view data_set, std::string_view suite) {
  if (is_prepared(data_set)) return prepared_root() / data_set;
  throw EnvironmentError("suite '" + std::string(suite) +
                         "' needs data that is not here; fetch it with: scripts/data " + std::string(suite));
}

}  // namespace loom::sources
