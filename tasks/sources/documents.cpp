// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/documents.h"

#include "harness/error.h"
#include "tasks/sources/byte_blocks.h"
#include "tasks/sources/evenly.h"

namespace loom::sources {
namespace documents_detail {
namespace {

constexpr size_t kPiece = 1024;

}  // namespace
}  // namespace documents_detail

std::vector<Document> parted(const Document& document, int64_t parts) {
  using documents_detail::kPiece;
  const int64_t pieces = std::ssize(document.text) / static_cast<int64_t>(kPiece);
  std::vector<Document> result;
  for (int64_t part = 0; part < parts; ++part) {
    const auto begin = static_cast<size_t>(pieces * part / parts),
               end = static_cast<size_t>(pieces * (part + 1) / parts);
    result.push_back(
        {document.text.substr(begin * kPiece, (end - begin) * kPiece), document.group + static_cast<int32_t>(part)});
  }
  return result;
}

void append_windows_of(std::string_view text, int32_t domain, int32_t group, Items& items) {
  append_windows(
      text, domain, [group](int64_t) { return group; }, items);
}

void append_pieces_of(const std::vector<Document>& documents, int64_t kib, int32_t domain, const std::string& what,
                      Items& items) {
  using documents_detail::kPiece;
  struct Piece {
    const Document* document;
    size_t at;
  };
  std::vector<Piece> pieces;
  for (const Document& document : documents)
    for (size_t at = 0; (at + 1) * kPiece <= document.text.size(); ++at) pieces.push_back({&document, at});
  if (kib > std::ssize(pieces))
    throw InputError(what + " has " + std::to_string(pieces.size()) + " KiB in whole pieces of its documents; " +
                     std::to_string(kib) + " are asked for");
  for (const int64_t place : evenly(kib, std::ssize(pieces))) {
    const auto& [document, at] = pieces[static_cast<size_t>(place)];
    append_windows_of(std::string_view(document->text).substr(at * kPiece, kPiece), domain, document->group, items);
  }
}

}  // namespace loom::sources
