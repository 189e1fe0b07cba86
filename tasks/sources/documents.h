// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/suite.h"

namespace loom::sources {

// A text that is a group as a whole: a speech, or a part of one that nothing else shares.
struct Document {
  std::string text;
  int32_t group = 0;
};

// A document whose whole KiB become `parts` documents of about equal length, with the groups from its own on; what is
// left over is dropped.
std::vector<Document> parted(const Document& document, int64_t parts);

// All windows of a text, of one group (tasks/sources/byte_blocks.h).
void append_windows_of(std::string_view text, int32_t domain, int32_t group, Items& items);

// Windows of `kib` pieces of 1 KiB at even distances through the whole KiB of the documents, one after another.
// InputError, "WHAT has N KiB ...; KIB are asked for", where there are fewer.
void append_pieces_of(const std::vector<Document>& documents, int64_t kib, int32_t domain, const std::string& what,
                      Items& items);

}  // namespace loom::sources
