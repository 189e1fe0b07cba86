// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/prepared.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>

#include "harness/error.h"
#include "harness/io.h"

namespace loom::sources {
namespace {

// scripts/data writes it last, so a data set that was cut short does not count.
constexpr std::string_view kManifest = "manifest.tsv";

std::filesystem::path from_environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr ? value : "";
}

// Of a line "file \t bytes \t sha256". Reading every byte is for scripts/data --check.
bool has_file(const std::filesystem::path& folder, std::string_view line) {
  const size_t tab = line.find('\t');
  uintmax_t size = 0;
  if (tab == line.npos || std::from_chars(line.data() + tab + 1, line.data() + line.size(), size).ec != std::errc())
    return false;
  std::error_code missing;
  return std::filesystem::file_size(folder / line.substr(0, tab), missing) == size && !missing;
}

}  // namespace

std::filesystem::path prepared_root() {
  if (auto root = from_environment("LOOM_DATA"); !root.empty()) return root;
  if (auto cache = from_environment("XDG_CACHE_HOME"); !cache.empty()) return cache / "loom" / "data";
  return from_environment("HOME") / ".cache" / "loom" / "data";
}

bool is_prepared(std::string_view data_set) {
  const auto folder = prepared_root() / data_set;
  if (!std::filesystem::exists(folder / kManifest)) return false;
  const std::string manifest = read_file(folder / kManifest);
  for (std::string_view rest = manifest; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (!has_file(folder, rest.substr(0, end))) return false;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return true;
}

std::filesystem::path prepared(std::string_view data_set, std::string_view suite) {
  if (is_prepared(data_set)) return prepared_root() / data_set;
  throw EnvironmentError("suite '" + std::string(suite) +
                         "' needs data that is not here; fetch it with: scripts/data " + std::string(suite));
}

}  // namespace loom::sources
