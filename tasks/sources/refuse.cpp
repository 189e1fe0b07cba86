// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/refuse.h"

#include "harness/error.h"
#include "harness/utf8.h"

namespace loom::sources {

void refuse(const std::filesystem::path& file, int64_t line, const std::string& what) {
  throw InputError(file.string() + (line > 0 ? ":" + std::to_string(line) : "") + ": " + printable(what));
}

std::string in_quotes(std::string_view text) {
  constexpr size_t kShown = 40;
  return "'" + printable(text.substr(0, kShown)) + (text.size() > kShown ? "..." : "") + "'";
}

}  // namespace loom::sources
