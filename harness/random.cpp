// SPDX-License-Identifier: Apache-2.0
#include "harness/random.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "harness/error.h"
#include "harness/hash.h"

namespace loom {
namespace random_detail {
namespace {

constexpr uint64_t kGoldenGamma = 0x9e3779b97f4a7c15;  // Steele, Lea, Flood 2014, figure 16

// Finaliser of SplitMix64 (variant 13 of Stafford 2011): a bijection in which each input bit flips each output bit with
// probability near 1/2.
uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// Each part passes through the finaliser before the next is added, so (1, 2) and (2, 1) are unrelated.
uint64_t key(uint64_t seed, std::string_view purpose, uint64_t index, uint64_t subindex) {
  uint64_t hash = 0;
  for (const uint64_t part : {seed, fnv1a(purpose), index, subindex}) hash = mix(hash + kGoldenGamma + part);
  return hash;
}

}  // namespace
}  // namespace random_detail

Stream::Stream(uint64_t seed, std::string_view purpose, uint64_t index, uint64_t subindex)
    : state_(random_detail::key(seed, purpose, index, subindex)) {}

uint64_t Stream::next() { return random_detail::mix(state_ += random_detail::kGoldenGamma); }

double Stream::uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

double Stream::normal() {
  // Box, Muller 1958. The second half of the pair is dropped: a stream then has no state but its counter.
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

uint64_t Stream::below(uint64_t bound) {
  check(bound >= 1, "random bound must be positive");
  const uint64_t rejected = (0 - bound) % bound;  // 2^64 mod bound: the lowest values would come up once too often
  while (true) {
    const uint64_t value = next();
    if (value >= rejected) return value % bound;
  }
}

std::vector<int64_t> permutation(int64_t count, Stream stream) {
  check(count >= 0, "permutation of a negative count");
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[stream.below(i)]);
  return order;
}

void fill_uniform(std::span<float> values, double bound, Stream stream) {
  for (float& value : values) value = static_cast<float>(bound * (2 * stream.uniform() - 1));
}

void fill_normal(std::span<float> values, double standard_deviation, Stream stream) {
  for (float& value : values) value = static_cast<float>(standard_deviation * stream.normal());
}

}  // namespace loom
