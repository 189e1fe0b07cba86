// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/byte_blocks.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "harness/error.h"
#include "harness/io.h"
#include "tasks/sources/evenly.h"
#include "tasks/sources/refuse.h"

namespace loom::sources {
namespace byte_blocks_detail {
namespace {

constexpr int64_t kKib = 1024, kBlockKib = 16, kBlock = kBlockKib * kKib, kCycle = 10;

std::vector<int64_t> blocks_of(const std::string& bytes, bool test) {
  std::vector<int64_t> blocks;
  for (int64_t block = 0; (block + 1) * kBlock <= std::ssize(bytes); ++block)
    if ((block % kCycle == kCycle - 1) == test) blocks.push_back(block);
  return blocks;
}

void append_windows(std::string_view piece, int32_t domain, int32_t group, Items& items) {
  const auto window = static_cast<size_t>(items.input_dim);
  for (; piece.size() >= window; piece.remove_prefix(window)) {
    items.bytes.insert(items.bytes.end(), piece.begin(), piece.begin() + items.input_dim);
    items.domain.push_back(domain);
    items.group.push_back(group);
    ++items.count;
  }
}

}  // namespace
}  // namespace byte_blocks_detail

ByteBlocks::ByteBlocks(const std::filesystem::path& file) : file_(file), bytes_(read_file(file)) {}

void ByteBlocks::refuse_short(int64_t kib, int64_t blocks, const char* side) const {
  using namespace byte_blocks_detail;
  if (kib > blocks * kBlockKib)
    refuse(file_, 0,
           "has " + std::to_string(blocks * kBlockKib) + " KiB in whole blocks for the " + side + "; " +
               std::to_string(kib) + " are asked for");
}

int32_t ByteBlocks::append_train(int64_t kib, Place place, Items& items) const {
  using namespace byte_blocks_detail;
  if (kib % kBlockKib != 0)
    throw InputError("a train side of " + std::to_string(kib) + " KiB a domain (train_kib) is no whole number of " +
                     "blocks of 16 KiB; nearest: " + std::to_string(kib / kBlockKib * kBlockKib) + ", " +
                     std::to_string((kib / kBlockKib + 1) * kBlockKib));
  const auto blocks = blocks_of(bytes_, false);
  refuse_short(kib, std::ssize(blocks), "train side");
  for (int64_t at : evenly(kib / kBlockKib, std::ssize(blocks))) {
    const auto begin = static_cast<size_t>(blocks[static_cast<size_t>(at)] * kBlock);
    append_windows(std::string_view(bytes_).substr(begin, kBlock), place.domain, place.first_group++, items);
  }
  return place.first_group;
}

int32_t ByteBlocks::append_test(int64_t kib, Place place, Items& items) const {
  using namespace byte_blocks_detail;
  const auto blocks = blocks_of(bytes_, true);
  refuse_short(kib, std::ssize(blocks), "test");
  for (int64_t piece : evenly(kib, std::ssize(blocks) * kBlockKib)) {
    const int64_t at = piece / kBlockKib, inside = piece % kBlockKib;
    const auto begin = static_cast<size_t>(blocks[static_cast<size_t>(at)] * kBlock + inside * kKib);
    append_windows(std::string_view(bytes_).substr(begin, kKib), place.domain,
                   place.first_group + static_cast<int32_t>(at), items);
  }
  return place.first_group + static_cast<int32_t>(blocks.size());
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
