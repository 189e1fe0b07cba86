// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/context.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness/imported_config.h"
#include "harness/io.h"

namespace loom {

Context::Context(std::ostream& result, std::ostream& messages, std::filesystem::path program,
                 std::filesystem::path results)
    : out(result), err(messages), program_folder(std::move(program)), results_root(std::move(results)) {}

const FactSheet& Context::facts() {
  if (facts_) return *facts_;
  const std::filesystem::path file = program_folder / "facts.json";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    throw EnvironmentError(
        file.string() +
        " is missing: build loom-worker and the target facts (scripts/build), which lists the components");
  }
  std::vector<Facts> all;
  for (const Json& value : parse_json(read_file(file), file.string())) all.push_back(facts_from_json(value));
  for (Facts& facts : imported_config::facts()) all.push_back(std::move(facts));
  return facts_.emplace(std::move(all));
}

std::filesystem::path results_root() {
  const char* given = std::getenv("LOOM_RESULTS");
  return given != nullptr && *given != '\0' ? given : "results";
}

}  // namespace loom
