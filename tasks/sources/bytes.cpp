// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/bytes.h"

#include <algorithm>
#include <cmath>

#include "harness/io.h"
#include "tasks/sources/refuse.h"

namespace loom::sources {
namespace bytes_detail {
namespace {

// The slack keeps a product such as 10 x 0.3 from falling below its whole number.
bool evenly_in_test(int64_t block, double share) {
  const auto quota = [&](int64_t blocks) { return std::floor(static_cast<double>(blocks) * share + 1e-9); };
  return quota(block + 1) > quota(block);
}

class Cutter {
 public:
  Cutter(const SuiteFile& suite, bool given) : suite_(suite), given_(given) {
    for (Items* items : {&sides_.train_side, &sides_.test}) {
      items->kind = InputKind::tokens;
      items->input_dim = suite.window;
    }
  }

  void cut_domain(const SourceSet& set) {
    int64_t blocks = 0;  // counted through the files, so that many short ones get their share of the test too
    for (const auto& file : set.train) blocks = cut_file(file, blocks, false);
    for (const auto& file : set.test) blocks = cut_file(file, blocks, true);
    sides_.domains.push_back(set.domain);
  }

  Sides take() { return std::move(sides_); }

 private:
  int64_t cut_file(const std::filesystem::path& file, int64_t blocks, bool in_test) {
    const std::string bytes = read_file(file);
    const auto size = static_cast<int64_t>(bytes.size());
    if (size == 0) refuse(file, 0, "is empty");
    if (size < suite_.window)
      refuse(file, 0,
             "holds " + std::to_string(size) + " bytes, less than one window of " + std::to_string(suite_.window));
    for (int64_t begin = 0; begin + suite_.window <= size; begin += suite_.block) {
      const int64_t end = std::min(begin + suite_.block, size);
      const bool test = given_ ? in_test : evenly_in_test(blocks, suite_.test_share);
      cut_block(test ? sides_.test : sides_.train_side,
                std::string_view(bytes).substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
      ++blocks;
      ++groups_;
    }
    return blocks;
  }

  void cut_block(Items& items, std::string_view block) {
    const auto window = static_cast<size_t>(suite_.window);
    for (; block.size() >= window; block.remove_prefix(window)) {
      items.bytes.insert(items.bytes.end(), block.begin(), block.begin() + suite_.window);
      items.domain.push_back(static_cast<int32_t>(sides_.domains.size()));
      items.group.push_back(groups_);
      ++items.count;
    }
  }

  const SuiteFile& suite_;
  bool given_;
  int32_t groups_ = 0;
  Sides sides_;
};

}  // namespace
}  // namespace bytes_detail

Sides read_bytes(const SuiteFile& suite, const std::vector<SourceSet>& sets) {
  if (domain_is_column(suite))
    refuse(suite.file, suite.line_of("domain"), "bytes have no columns; the domain is 'file' or 'folder'");
  bytes_detail::Cutter cutter(suite, split_given(sets));
  for (const auto& set : sets) cutter.cut_domain(set);
  return cutter.take();
}

}  // namespace loom::sources
