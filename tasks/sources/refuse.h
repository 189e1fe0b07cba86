// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace loom::sources {

// InputError "file:line: what" in one line. line 0: the file as a whole, or a place that `what` names.
[[noreturn]] void refuse(const std::filesystem::path& file, int64_t line, const std::string& what);

std::string in_quotes(std::string_view text);  // 'text', cut at 40 bytes and printable

}  // namespace loom::sources
