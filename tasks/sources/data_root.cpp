// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/data_root.h"

#include <cstdlib>
#include <vector>

#include "harness/error.h"

namespace loom {
namespace data_root_detail {
namespace {

std::vector<std::filesystem::path> usual_places() {
  std::vector<std::filesystem::path> places;
#ifdef LOOM_SOURCE_DIR
  places.emplace_back(std::filesystem::path(LOOM_SOURCE_DIR) / "tasks" / "data");
#endif
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) places.push_back((program.parent_path() / ".." / ".." / "tasks" / "data").lexically_normal());
  return places;
}

}  // namespace
}  // namespace data_root_detail

std::filesystem::path data_root() {
  std::error_code error;
  const char* chosen = std::getenv("LOOM_TASK_DATA");
  if (chosen != nullptr && *chosen != '\0') {
    if (std::filesystem::is_directory(chosen, error)) return chosen;
    throw EnvironmentError("LOOM_TASK_DATA names no folder: " + std::string(chosen));
  }
  for (const auto& place : data_root_detail::usual_places())
    if (std::filesystem::is_directory(place, error)) return place;
  throw EnvironmentError("the embedded data (tasks/data) is not found; set LOOM_TASK_DATA to its folder");
}

}  // namespace loom
