// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace loom::sources {

// Where a document of a joined file ends, the byte behind it, and the group of documents that it belongs to.
struct DocumentEnd {
  int64_t end = 0;
  int32_t group = 0;
};

// Lines "END\tGROUP", one for each document of a file of `size` bytes, ascending to its end. InputError with the line
// that is anything else.
std::vector<DocumentEnd> read_document_ends(const std::filesystem::path& file, int64_t size);

}  // namespace loom::sources
