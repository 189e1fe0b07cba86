// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace loom::sources {

// Where scripts/data keeps prepared data sets: $LOOM_DATA, else loom/data in the user's cache folder.
std::filesystem::path prepared_root();

// Its manifest is there, and every file that it names, with its size.
bool is_prepared(std::string_view data_set);

// The folder of a data set that is there as a whole. EnvironmentError with the one command that fetches what `suite`
// lacks.
std::filesystem::path prepared(std::string_view data_set, std::string_view suite);

}  // namespace loom::sources
