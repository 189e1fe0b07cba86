// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace loom::sources {

// A document of the Brown corpus (Francis and Kucera 1964): words separated by blanks, each with its tag behind a
// slash.
struct TaggedDocument {
  struct Word {
    size_t begin = 0, length = 0;  // in the text
    std::string tag;               // coarse
  };
  int32_t genre = 0;  // of kBrownGenres, by the second letter of the file's name
  std::string text;   // the words with a blank between them
  std::vector<Word> words;
};

inline constexpr std::string_view kBrownGenres = "abcdefghjklmnpr";  // ca: press reports ... cr: humor

// The part before the first "+", without a leading "fw-" (foreign) and trailing "-tl", "-hl", "-nc" (title, headline,
// cited): "fw-nn-tl" is "nn", "ppss+bez" is "ppss".
std::string coarse_tag(std::string_view tag);

// InputError: a file whose name is none of c[a-r]NN, a word without a tag at its line, a file without words.
TaggedDocument read_tagged_document(const std::filesystem::path& file);

// All documents of a folder, by name; manifest.tsv is passed over.
std::vector<TaggedDocument> read_brown(const std::filesystem::path& folder);

}  // namespace loom::sources
