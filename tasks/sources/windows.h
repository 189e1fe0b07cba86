// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "tasks/sources/rows.h"
#include "tasks/sources/source_files.h"

namespace loom::sources {

// A file as a row of tokens.
struct TokenRow {
  int64_t size = 0;
  std::function<void(Items& items, int64_t begin)> append;  // the window that begins there, as one more item's tokens
};

// Tokens cut into blocks, the groups, and these into windows, the items. Windows begin at multiples of the window in
// their block; tokens left over at the end of a block are dropped, and so is a last block shorter than a window.
// Without given test files the blocks of a domain, counted through its files, are in the test at even distances: block
// b when floor((b + 1) share) > floor(b share), which for 0.1 is every tenth, beginning with block 9.
class WindowCutter {
 public:
  using Open = std::function<TokenRow(const std::filesystem::path& file)>;
  // `tokens`: what a file is counted in, for messages.
  WindowCutter(const SuiteFile& suite, bool split_given, std::string tokens);
  void cut_domain(const SourceSet& set, const Open& open);
  Sides take() { return std::move(sides_); }

 private:
  int64_t cut_file(const TokenRow& row, const std::filesystem::path& file, int64_t blocks, bool in_test);
  void cut_block(Items& items, const TokenRow& row, int64_t begin, int64_t end);

  const SuiteFile& suite_;
  bool given_;
  std::string tokens_;
  int32_t groups_ = 0;
  Sides sides_;
};

}  // namespace loom::sources
