// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loom {

std::string joined(const std::vector<std::string>& words, std::string_view separator = ", ");

// A word as a shell takes it: quoted unless it is plain.
std::string shell_word(const std::string& word);

}  // namespace loom
