// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/document_ends.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "harness/io.h"
#include "tasks/sources/refuse.h"

namespace loom::sources {
namespace document_ends_detail {
namespace {

DocumentEnd read_line(std::string_view line, int64_t number, const std::filesystem::path& file) {
  DocumentEnd document;
  const char* const stop = line.data() + line.size();
  const auto end = std::from_chars(line.data(), stop, document.end);
  if (end.ec == std::errc() && end.ptr != stop && *end.ptr == '\t') {
    const auto group = std::from_chars(end.ptr + 1, stop, document.group);
    if (group.ec == std::errc() && group.ptr == stop && document.group >= 0) return document;
  }
  refuse(file, number, "is not the place behind a document, a tab and the number of its group");
}

}  // namespace
}  // namespace document_ends_detail

std::vector<DocumentEnd> read_document_ends(const std::filesystem::path& file, int64_t size) {
  const std::string text = read_file(file);
  std::vector<DocumentEnd> documents;
  int64_t before = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const int64_t number = std::ssize(documents) + 1;
    documents.push_back(document_ends_detail::read_line(rest.substr(0, end), number, file));
    const int64_t here = documents.back().end;
    if (here <= before || here > size)
      refuse(file, number,
             "a document ends at " + std::to_string(here) + ", which is not behind " + std::to_string(before) +
                 " and within " + std::to_string(size) + " bytes");
    before = here;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (before != size)
    refuse(file, std::ssize(documents),
           "the documents end at " + std::to_string(before) + " of " + std::to_string(size) + " bytes");
  return documents;
}

}  // namespace loom::sources
