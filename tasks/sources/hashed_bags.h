// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/suite.h"

namespace loom::sources {

inline constexpr int kHashBits = 14;
inline constexpr int32_t kHashedFeatures = 1 << kHashBits;

// The id of a feature: 32-bit FNV-1a over its bytes (offset basis 2166136261, prime 16777619), folded to 14 bits as
// (hash >> 14 ^ hash) & 16383 (Fowler, Noll, Vo 1991; Weinberger et al. 2009 for hashed features).
int32_t hashed_feature(std::string_view feature);

std::string lower_ascii(std::string_view text);  // A-Z only; every other byte stays

// Runs of letters, digits, apostrophes and bytes from 128 on, and runs of the other bytes that are not blanks (so that
// ":)" and "!!!" are tokens too). Blanks are bytes up to 32.
std::vector<std::string_view> tokens_of(std::string_view text);

// Of text in lower case: "w:" and each token, "v:" and each pair of neighbours with a blank between them.
std::vector<std::string> word_features(std::string_view text);
// "c:" and every run of `shortest` to `longest` bytes of the tokens, joined and surrounded by single blanks.
std::vector<std::string> char_features(std::string_view text, size_t shortest, size_t longest);

// Writes bags of at most `width` features. Where an item has more, those are kept that come first in an order of all
// ids drawn once (stream "hashed_bags/order"): it knows neither the item nor its label.
class BagWriter {
 public:
  explicit BagWriter(int64_t width);
  // Appends the item's ids in ascending order, then -1. `always` are ids that are kept in any case; at most `width`.
  void append(Items& items, std::span<const std::string> features, std::span<const int32_t> always = {});
  int64_t cut() const { return cut_; }  // items that had more features than fit

 private:
  int64_t width_, cut_ = 0;
  std::vector<int64_t> order_;  // rank of each id
};

}  // namespace loom::sources
