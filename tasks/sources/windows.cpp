// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/windows.h"

#include <algorithm>
#include <cmath>

#include "tasks/sources/refuse.h"

namespace loom::sources {
namespace windows_detail {
namespace {

// The slack keeps a product such as 10 x 0.3 from falling below its whole number.
bool evenly_in_test(int64_t block, double share) {
  const auto quota = [&](int64_t blocks) { return std::floor(static_cast<double>(blocks) * share + 1e-9); };
  return quota(block + 1) > quota(block);
}

}  // namespace
}  // namespace windows_detail

WindowCutter::WindowCutter(const SuiteFile& suite, bool split_given, std::string tokens)
    : suite_(suite), given_(split_given), tokens_(std::move(tokens)) {
  if (domain_is_column(suite))
    refuse(suite.file, suite.line_of("domain"), tokens_ + " have no columns; the domain is 'file' or 'folder'");
  for (Items* items : {&sides_.train_side, &sides_.test}) {
    items->kind = InputKind::tokens;
    items->input_dim = suite.window;
  }
}

void WindowCutter::cut_domain(const SourceSet& set, const Open& open) {
  int64_t blocks = 0;  // counted through the files, so that many short ones get their share of the test too
  for (const auto& file : set.train) blocks = cut_file(open(file), file, blocks, false);
  for (const auto& file : set.test) blocks = cut_file(open(file), file, blocks, true);
  sides_.domains.push_back(set.domain);
}

int64_t WindowCutter::cut_file(const TokenRow& row, const std::filesystem::path& file, int64_t blocks, bool in_test) {
  if (row.size == 0) refuse(file, 0, "is empty");
  if (row.size < suite_.window)
    refuse(file, 0,
           "holds " + std::to_string(row.size) + " " + tokens_ + ", less than one window of " +
               std::to_string(suite_.window));
  for (int64_t begin = 0; begin + suite_.window <= row.size; begin += suite_.block) {
    const bool test = given_ ? in_test : windows_detail::evenly_in_test(blocks, suite_.test_share);
    cut_block(test ? sides_.test : sides_.train_side, row, begin, std::min(begin + suite_.block, row.size));
    ++blocks;
    ++groups_;
  }
  return blocks;
}

void WindowCutter::cut_block(Items& items, const TokenRow& row, int64_t begin, int64_t end) {
  for (; begin + suite_.window <= end; begin += suite_.window) {
    row.append(items, begin);
    items.domain.push_back(static_cast<int32_t>(sides_.domains.size()));
    items.group.push_back(groups_);
    ++items.count;
  }
}

}  // namespace loom::sources
