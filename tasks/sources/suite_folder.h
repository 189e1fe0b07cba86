// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "harness/suite.h"

namespace loom::sources {

// The suite that a folder's suite.yaml describes; its name is the folder's. InputError for whatever is wrong in it.
Suite read_suite_folder(const std::filesystem::path& folder);

}  // namespace loom::sources
