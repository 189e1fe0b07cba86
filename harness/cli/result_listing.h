// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "harness/json.h"

namespace loom {

// {"name", "folder", "suites", "columns", "arms", "trials", "recorded", "failed", "rejected_rows", "quick"} of one
// results folder, counted from its plan and the names of its files; `name` as result_name() gives it.
Json describe_results(const std::filesystem::path& root, const std::filesystem::path& folder);

std::string joined_words(const Json& list);  // "a, b" of a list of texts

}  // namespace loom
