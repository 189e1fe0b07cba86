// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/source_files.h"

#include <algorithm>
#include <set>

#include "harness/error.h"
#include "tasks/sources/refuse.h"
#include "tasks/sources/yaml_fields.h"

namespace loom::sources {
namespace source_files_detail {
namespace {

namespace fs = std::filesystem;

// Names in `folder`, sorted, so that no file system's order shows; hidden ones are not data.
Words names_in(const fs::path& folder, bool folders) {
  Words names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with('.') && (folders ? entry->is_directory() : entry->is_regular_file())) names.push_back(name);
  }
  if (error) throw EnvironmentError(folder.string() + ": cannot be listed: " + error.message());
  std::ranges::sort(names);
  return names;
}

std::vector<fs::path> named_files(const SuiteFile& suite, const fs::path& folder, const Words& names) {
  std::vector<fs::path> result;
  for (const auto& name : names) {
    std::error_code error;
    if (!fs::is_regular_file(folder / name, error)) {
      const std::string hint = did_you_mean(name, names_in(folder, false));
      refuse(suite.file, suite.line_of("files"),
             "there is no file " + in_quotes(name) + " in " + folder.string() + (hint.empty() ? "" : "; " + hint));
    }
    result.push_back(folder / name);
  }
  return result;
}

std::string extension_of(SuiteKind kind) {
  if (kind == SuiteKind::bytes) return ".txt";
  return kind == SuiteKind::features || kind == SuiteKind::tokens ? ".safetensors" : ".csv";
}

std::vector<fs::path> first_pair(const fs::path& folder, const Words& names, const std::string& prefix) {
  std::vector<fs::path> pair;
  for (const char* part : {"images", "labels"}) {
    const auto found = std::ranges::find_if(names, [&](const auto& name) { return name.starts_with(prefix + part); });
    if (found != names.end()) pair.push_back(folder / *found);
  }
  return pair.size() == 2 ? pair : std::vector<fs::path>();
}

void find_by_kind(const SuiteFile& suite, const fs::path& folder, SourceSet& set) {
  const Words names = names_in(folder, false);
  const std::string extension = extension_of(suite.kind);
  for (const auto& name : names)
    if (name.ends_with(extension)) set.train.push_back(folder / name);
  if (!set.train.empty()) return;
  if (suite.kind == SuiteKind::image) {
    set.train = first_pair(folder, names, "train-");
    set.test = first_pair(folder, names, "t10k-");
    if (set.test.empty()) set.test = first_pair(folder, names, "test-");
    if (!set.train.empty()) return;
  }
  refuse(suite.file, suite.line_of("files"),
         folder.string() + " holds no *" + extension + " file" +
             (suite.kind == SuiteKind::image ? " and no pair train-images*, train-labels*" : ""));
}

SourceSet find_set(const SuiteFile& suite, const fs::path& folder, const std::string& domain) {
  SourceSet set;
  set.domain = domain;
  if (suite.train_files.empty()) {
    find_by_kind(suite, folder, set);
  } else {
    set.train = named_files(suite, folder, suite.train_files);
    set.test = named_files(suite, folder, suite.test_files);
  }
  return set;
}

std::vector<SourceSet> one_per_file(const SuiteFile& suite, const SourceSet& all) {
  if (!all.test.empty())
    refuse(suite.file, suite.line_of("domain"), "'domain: file' does not go with a pair of image and label files");
  std::vector<SourceSet> sets;
  std::set<std::string> stems;
  for (const auto& file : all.train) {
    if (!stems.insert(file.stem().string()).second)
      refuse(suite.file, suite.line_of("files"), "two files would make the domain " + in_quotes(file.stem().string()));
    sets.push_back({file.stem().string(), {file}, {}});
  }
  return sets;
}

}  // namespace
}  // namespace source_files_detail

std::vector<SourceSet> find_sources(const SuiteFile& suite) {
  using namespace source_files_detail;
  if (suite.domain == "file") return one_per_file(suite, find_set(suite, suite.folder, ""));
  if (suite.domain != "folder") return {find_set(suite, suite.folder, "")};
  std::vector<SourceSet> sets;
  for (const auto& name : names_in(suite.folder, true)) sets.push_back(find_set(suite, suite.folder / name, name));
  if (sets.empty())
    refuse(suite.file, suite.line_of("domain"),
           "the domains are subfolders, and " + suite.folder.string() + " has none");
  return sets;
}

bool split_given(const std::vector<SourceSet>& sets) {
  return std::ranges::any_of(sets, [](const SourceSet& set) { return !set.test.empty(); });
}

bool domain_is_column(const SuiteFile& suite) {
  return !suite.domain.empty() && suite.domain != "folder" && suite.domain != "file";
}

}  // namespace loom::sources
