// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/error.h"
#include "harness/facts.h"
#include "harness/io.h"
#include "harness/result_store.h"

namespace loom {
namespace result_lookup_detail {
namespace {

namespace fs = std::filesystem;

bool holds_results(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "plan.json", ignored);
}

// demo, or reference/demo: every part a plain name.
bool safe_path(const fs::path& path) {
  return !path.empty() && std::ranges::all_of(path, [](const fs::path& part) { return safe_name(part.string()); });
}

void add_names(std::vector<std::string>& names, const fs::path& folder, const std::string& prefix) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (safe_name(name) && holds_results(entry.path())) names.push_back(prefix + name);
  }
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& names) {
  const std::string near = nearest(name, names);
  return near.empty() ? nearest(fs::path(name).filename().string(), names) : near;
}

}  // namespace
}  // namespace result_lookup_detail

std::vector<std::string> result_names(const std::filesystem::path& root) {
  using namespace result_lookup_detail;
  std::vector<std::string> names;
  add_names(names, root, "");
  add_names(names, root / "reference", "reference/");
  std::sort(names.begin(), names.end());
  return names;
}

std::filesystem::path find_results(const std::filesystem::path& root, const std::string& name) {
  using namespace result_lookup_detail;
  if (name.empty()) throw InputError("no results named: give a name below " + root.string() + " or a folder");
  const fs::path given = fs::path(name).lexically_normal();
  const fs::path trimmed = given.has_filename() ? given : given.parent_path();  // results/demo/ as shells complete it
  if (safe_path(trimmed) && holds_results(root / trimmed)) return root / trimmed;
  if (holds_results(trimmed)) return trimmed;
  std::error_code ignored;
  for (const fs::path& folder : {root / trimmed, trimmed}) {
    if (fs::is_directory(folder, ignored)) {
      throw InputError(folder.string() + " holds no plan.json: its run has not been planned yet (loom run CONFIG)");
    }
  }
  const std::vector<std::string> names = result_names(root);
  const std::string near = nearest_name(trimmed.string(), names);
  throw InputError("no results '" + name + "' below " + root.string() +
                   (near.empty() ? "" : "; did you mean '" + near + "'?") + "   (loom ls results)");
}

std::string result_name(const std::filesystem::path& root, const std::filesystem::path& folder) {
  using namespace result_lookup_detail;
  const fs::path name =
      fs::absolute(folder).lexically_normal().lexically_relative(fs::absolute(root).lexically_normal());
  return safe_path(name) ? name.string() : folder.string();
}

}  // namespace loom
