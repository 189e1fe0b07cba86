// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/brown.h"

#include <algorithm>
#include <array>

#include "harness/io.h"
#include "tasks/sources/refuse.h"

namespace loom::sources {
namespace brown_detail {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

int32_t genre_of(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  const size_t genre = name.size() == 4 && name[0] == 'c' && digit(name[2]) && digit(name[3])
                           ? kBrownGenres.find(name[1])
                           : std::string_view::npos;
  if (genre == std::string_view::npos) refuse(file, 0, "is no document of the corpus; these are called ca01 .. cr09");
  return static_cast<int32_t>(genre);
}

void add_word(const std::filesystem::path& file, int64_t line, std::string_view token, TaggedDocument& document) {
  const size_t slash = token.rfind('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == token.size())
    refuse(file, line, in_quotes(token) + " is not a word with its tag");
  std::string tag = coarse_tag(token.substr(slash + 1));
  if (tag.empty()) refuse(file, line, in_quotes(token) + " is not a word with its tag");
  if (!document.text.empty()) document.text += ' ';
  document.words.push_back({document.text.size(), slash, std::move(tag)});
  document.text += token.substr(0, slash);
}

}  // namespace
}  // namespace brown_detail

std::string coarse_tag(std::string_view tag) {
  constexpr std::array<std::string_view, 3> kMarks = {"-tl", "-hl", "-nc"};
  tag = tag.substr(0, tag.find('+'));
  if (tag.starts_with("fw-")) tag.remove_prefix(3);
  const auto marked = [&] { return std::ranges::any_of(kMarks, [&](auto mark) { return tag.ends_with(mark); }); };
  while (marked()) tag.remove_suffix(3);
  return std::string(tag);
}

TaggedDocument read_tagged_document(const std::filesystem::path& file) {
  TaggedDocument document;
  document.genre = brown_detail::genre_of(file);
  const std::string bytes = read_file(file);
  int64_t line = 1;
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  for (size_t begin = 0, end = 0; begin < bytes.size(); begin = end) {
    end = begin + 1;
    if (blank(bytes[begin])) {
      line += bytes[begin] == '\n';
      continue;
    }
    while (end < bytes.size() && !blank(bytes[end])) ++end;
    brown_detail::add_word(file, line, std::string_view(bytes).substr(begin, end - begin), document);
  }
  if (document.words.empty()) refuse(file, 0, "holds no words");
  return document;
}

std::vector<TaggedDocument> read_brown(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename() != "manifest.tsv") files.push_back(entry.path());
  if (files.empty()) refuse(folder, 0, "holds no documents");
  std::ranges::sort(files);
  std::vector<TaggedDocument> documents;
  for (const auto& file : files) documents.push_back(read_tagged_document(file));
  return documents;
}

}  // namespace loom::sources
