// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/table_look.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "harness/terminal.h"

namespace loom {
namespace table_look_detail {
namespace {

bool environment_has(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

}  // namespace
}  // namespace table_look_detail

bool wants_colour(const std::string& choice, bool terminal) {
  using namespace table_look_detail;
  if (choice != "auto") return choice == "always";
  if (environment_has("NO_COLOR")) return false;
  return terminal || environment_has("CLICOLOR_FORCE");
}

size_t line_width(bool terminal) {
  constexpr size_t kDefault = 150, kNarrowest = 100;
  const auto columns = terminal ? terminal_columns(STDOUT_FILENO) : std::nullopt;
  return columns ? std::max(kNarrowest, *columns) : kDefault;
}

}  // namespace loom
