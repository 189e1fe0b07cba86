// SPDX-License-Identifier: Apache-2.0
#include "harness/byte_ngram.h"

#include <algorithm>
#include <cmath>

#include "harness/error.h"

namespace loom {
namespace byte_ngram_detail {
namespace {

// Contexts of each length have keys of their own; none is 0.
uint64_t context_key(uint64_t context, int length) { return static_cast<uint64_t>(length + 1) << 40 | context; }
uint64_t pair_key(uint64_t context_key, uint8_t byte) { return context_key << 8 | byte; }

// Calls visit(key of the context) for the last 0, 1, ... bytes before the end, at most `order`.
template <class Visit>
void for_contexts(std::span<const uint8_t> before, int order, Visit visit) {
  const int longest = static_cast<int>(std::min(before.size(), static_cast<size_t>(order)));
  uint64_t context = 0;
  for (int length = 0; length <= longest; ++length) {
    if (length > 0)
      context |= static_cast<uint64_t>(before[before.size() - static_cast<size_t>(length)]) << (8 * (length - 1));
    if (!visit(context_key(context, length))) return;
  }
}

bool skipped(std::span<const uint8_t> marked, size_t at) { return !marked.empty() && marked[at] == 0; }

}  // namespace
}  // namespace byte_ngram_detail

size_t CountTable::place(uint64_t key) const {
  // Fibonacci hashing (Knuth, volume 3, 6.4): the high bits of the product are the well-mixed ones.
  const size_t mask = keys_.size() - 1;
  size_t at = static_cast<size_t>((key * 0x9e3779b97f4a7c15) >> 20) & mask;
  while (keys_[at] != 0 && keys_[at] != key) at = (at + 1) & mask;
  return at;
}

void CountTable::grow() {
  const std::vector<uint64_t> keys = std::move(keys_);
  const std::vector<uint32_t> counts = std::move(counts_);
  keys_.assign(std::max<size_t>(1024, 2 * keys.size()), 0);
  counts_.assign(keys_.size(), 0);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == 0) continue;
    const size_t at = place(keys[i]);
    keys_[at] = keys[i];
    counts_[at] = counts[i];
  }
}

uint32_t& CountTable::at(uint64_t key) {
  check(key != 0, "a key of counts is not 0");
  if (2 * used_ >= keys_.size()) grow();
  const size_t at = place(key);
  if (keys_[at] == 0) {
    keys_[at] = key;
    ++used_;
  }
  return counts_[at];
}

uint32_t CountTable::find(uint64_t key) const { return keys_.empty() ? 0 : counts_[place(key)]; }

ByteNgram::ByteNgram(int order) : order_(order) {
  check(order >= 0 && order <= kOrderMax, "the order of a byte n-gram");
}

void ByteNgram::add(std::span<const uint8_t> text, std::span<const uint8_t> marked) {
  using namespace byte_ngram_detail;
  for (size_t i = 0; i < text.size(); ++i) {
    if (skipped(marked, i)) continue;
    for_contexts(text.first(i), order_, [&](uint64_t context) {
      if (pairs_.at(pair_key(context, text[i]))++ == 0) ++kinds_.at(context);
      ++totals_.at(context);
      return true;
    });
  }
}

double ByteNgram::probability(std::span<const uint8_t> before, uint8_t byte) const {
  using namespace byte_ngram_detail;
  double p = 1.0 / 256;
  for_contexts(before, order_, [&](uint64_t context) {
    const double total = totals_.find(context);
    if (total == 0) return false;  // no longer one was seen either
    const double kinds = kinds_.find(context);
    p = (pairs_.find(pair_key(context, byte)) + kinds * p) / (total + kinds);
    return true;
  });
  return p;
}

std::array<double, 256> ByteNgram::distribution(std::span<const uint8_t> before) const {
  std::array<double, 256> all{};
  for (size_t b = 0; b < all.size(); ++b) all[b] = probability(before, static_cast<uint8_t>(b));
  return all;
}

double ByteNgram::bits(std::span<const uint8_t> text, std::span<const uint8_t> marked) const {
  double sum = 0;
  for (size_t i = 0; i < text.size(); ++i)
    if (!byte_ngram_detail::skipped(marked, i)) sum -= std::log2(probability(text.first(i), text[i]));
  return sum;
}

}  // namespace loom
