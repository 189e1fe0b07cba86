// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loom {

std::string joined(const std::vector<std::string>& words, std::string_view separator = ", ");

}  // namespace loom
