// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/byte_blocks.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "harness/error.h"
#include "harness/io.h"
#include "tasks/sources/document_ends.h"
#include "tasks/sources/evenly.h"
#include "tasks/sources/refuse.h"

namespace loom::sources {
namespace byte_blocks_detail {
namespace {

constexpr int64_t kKib = 1024, kBlockKib = 16, kBlock = kBlockKib * kKib;
constexpr int32_t kCycle = 10;

// Group numbers as an item's: on the train side in the order of their first windows, so that none is left out.
class Numbers {
 public:
  explicit Numbers(int32_t first) : next_(first) {}
  int32_t operator()(int32_t group) {
    const auto [at, is_new] = of_.try_emplace(group, next_);
    next_ += is_new ? 1 : 0;
    return at->second;
  }
  int32_t next() const { return next_; }

 private:
  std::map<int32_t, int32_t> of_;
  int32_t next_;
};

}  // namespace
}  // namespace byte_blocks_detail

using namespace byte_blocks_detail;

ByteBlocks::ByteBlocks(const std::filesystem::path& file) : file_(file) {
  const std::string bytes = read_file(file);
  for (int64_t at = 0; at + kBlock <= std::ssize(bytes); at += kBlock)
    deal(std::string_view(bytes).substr(static_cast<size_t>(at), kBlock), static_cast<int32_t>(at / kBlock));
}

ByteBlocks::ByteBlocks(const std::filesystem::path& file, const std::filesystem::path& documents) : file_(file) {
  const std::string bytes = read_file(file);
  int64_t begin = 0;
  for (const DocumentEnd& document : read_document_ends(documents, std::ssize(bytes))) {
    deal(std::string_view(bytes).substr(static_cast<size_t>(begin), static_cast<size_t>(document.end - begin)),
         document.group);
    begin = document.end;
  }
}

void ByteBlocks::deal(std::string_view bytes, int32_t group) {
  Half& half = group % kCycle == kCycle - 1 ? test_ : train_;
  half.runs.push_back({std::ssize(half.bytes), group});
  half.bytes += bytes;
}

std::string_view ByteBlocks::Half::piece(int64_t begin, int64_t size) const {
  return std::string_view(bytes).substr(static_cast<size_t>(begin), static_cast<size_t>(size));
}

int32_t ByteBlocks::Half::group_at(int64_t byte) const {
  return std::prev(std::ranges::upper_bound(runs, byte, {}, &Run::begin))->group;
}

void ByteBlocks::refuse_short(int64_t kib, const Half& half, const char* name) const {
  const int64_t whole = std::ssize(half.bytes) / kBlock * kBlockKib;
  if (kib > whole)
    refuse(file_, 0,
           "has " + std::to_string(whole) + " KiB in whole blocks for the " + name + "; " + std::to_string(kib) +
               " are asked for");
}

int32_t ByteBlocks::append_train(int64_t kib, Place place, Items& items) const {
  if (kib % kBlockKib != 0)
    throw InputError("a train side of " + std::to_string(kib) + " KiB a domain (train_kib) is no whole number of " +
                     "blocks of 16 KiB; nearest: " + std::to_string(kib / kBlockKib * kBlockKib) + ", " +
                     std::to_string((kib / kBlockKib + 1) * kBlockKib));
  refuse_short(kib, train_, "train side");
  Numbers number(place.first_group);
  for (int64_t block : evenly(kib / kBlockKib, std::ssize(train_.bytes) / kBlock))
    append_windows(
        train_.piece(block * kBlock, kBlock), place.domain,
        [&](int64_t at) { return number(train_.group_at(block * kBlock + at)); }, items);
  return number.next();
}

int32_t ByteBlocks::append_test(int64_t kib, Place place, Items& items) const {
  refuse_short(kib, test_, "test");
  for (int64_t piece : evenly(kib, std::ssize(test_.bytes) / kBlock * kBlockKib))
    append_windows(
        test_.piece(piece * kKib, kKib), place.domain,
        [&](int64_t at) { return place.first_group + test_.group_at(piece * kKib + at) / kCycle; }, items);
  int32_t last = -1;
  for (const Run& run : test_.runs) last = std::max(last, run.group / kCycle);
  return place.first_group + last + 1;
}

void append_windows(std::string_view text, int32_t domain, const std::function<int32_t(int64_t)>& group_at,
                    Items& items) {
  for (int64_t at = 0; at + items.input_dim <= std::ssize(text); at += items.input_dim) {
    items.bytes.insert(items.bytes.end(), text.begin() + at, text.begin() + at + items.input_dim);
    items.domain.push_back(domain);
    items.group.push_back(group_at(at));
    ++items.count;
  }
}

Items empty_windows(int64_t window) {
  Items items;
  items.kind = InputKind::tokens;
  items.input_dim = window;
  return items;
}

Items splice(const Items& windows, int32_t domains) {
  std::vector<std::vector<int64_t>> of_domain(static_cast<size_t>(domains));
  for (int64_t i = 0; i < windows.count; ++i)
    of_domain[static_cast<size_t>(windows.domain[static_cast<size_t>(i)])].push_back(i);
  const int64_t half = windows.input_dim / 2;
  Items spliced = windows;
  for (int64_t d = 0; d < domains; ++d)
    for (int64_t k = 0; k < std::ssize(of_domain[static_cast<size_t>(d)]); ++k) {
      const auto& others = of_domain[static_cast<size_t>((d + 1 + k % (domains - 1)) % domains)];
      const int64_t from = others[static_cast<size_t>(k % std::ssize(others))] * windows.input_dim;
      const int64_t to = of_domain[static_cast<size_t>(d)][static_cast<size_t>(k)] * windows.input_dim;
      std::copy(windows.bytes.begin() + from + half, windows.bytes.begin() + from + windows.input_dim,
                spliced.bytes.begin() + to + half);
    }
  return spliced;
}

}  // namespace loom::sources
