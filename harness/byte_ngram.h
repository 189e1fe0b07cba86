// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace loom {

// Counts under 64-bit keys (never 0), by open addressing.
class CountTable {
 public:
  uint32_t& at(uint64_t key);         // 0 where it is new
  uint32_t find(uint64_t key) const;  // 0 where it is not there

 private:
  size_t place(uint64_t key) const;
  void grow();
  std::vector<uint64_t> keys_;
  std::vector<uint32_t> counts_;
  size_t used_ = 0;
};

// Byte n-gram that blends all its orders (Witten and Bell 1991, method C; Bell, Cleary, Witten 1990, 6.2). With n(c)
// the bytes seen after context c, n(c, b) those that were b, and t(c) how many different ones there were,
//   P_k(b) = (n(c_k, b) + t(c_k) P_{k-1}(b)) / (n(c_k) + t(c_k)),   c_k the last k bytes,   P_{-1}(b) = 1 / 256;
// a context never seen leaves P_{k-1} as it is. Every order counts every byte (no exclusion). A text is a window of its
// own: contexts never reach beyond its start, as for a model that sees the window alone.
class ByteNgram {
 public:
  static constexpr int kOrderMax = 5;
  explicit ByteNgram(int order);  // bytes of context, 0 to kOrderMax; 0: the unigram

  // `marked`, where given, says which bytes of the text are counted or scored: 1 = this one.
  void add(std::span<const uint8_t> text, std::span<const uint8_t> marked = {});
  double bits(std::span<const uint8_t> text, std::span<const uint8_t> marked = {}) const;  // sum over its bytes
  std::array<double, 256> distribution(std::span<const uint8_t> before) const;             // of the byte after these
  double probability(std::span<const uint8_t> before, uint8_t byte) const;

 private:
  int order_ = 0;
  CountTable pairs_, totals_, kinds_;  // n(c, b), n(c), t(c)
};

}  // namespace loom
