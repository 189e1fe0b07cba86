// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace loom {

// One stream per purpose, keyed by (seed, purpose, indices): adding a specialist or an epoch never shifts another
// stream, and the data order needs no stored state. SplitMix64 (Steele, Lea, Flood 2014) over a hashed key.
class Stream {
 public:
  Stream(uint64_t seed, std::string_view purpose, uint64_t index = 0, uint64_t subindex = 0);
  uint64_t next();
  double uniform();                // [0, 1)
  double normal();                 // Box-Muller
  uint64_t below(uint64_t bound);  // unbiased, bound >= 1

 private:
  uint64_t state_;
};

inline constexpr int kSeedScheme = 1;  // part of every id: raise it when any stream changes

std::vector<int64_t> permutation(int64_t count, Stream stream);           // Fisher-Yates of 0..count-1
void fill_uniform(std::span<float> values, double bound, Stream stream);  // U(-bound, bound)
void fill_normal(std::span<float> values, double standard_deviation, Stream stream);

}  // namespace loom
