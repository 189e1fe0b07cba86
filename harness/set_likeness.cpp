// SPDX-License-Identifier: Apache-2.0
#include "harness/set_likeness.h"

#include <algorithm>
#include <limits>

#include "harness/error.h"
#include "harness/random.h"

namespace loom {
namespace set_likeness_detail {
namespace {

// A pair of Jaccard similarity j shares a band of r minima with probability j^r: at the thresholds 99 % of the pairs
// share one of the bands.
struct Plan {
  std::string what;
  double threshold = 0;
  size_t bands = 0, rows = 0;
};
const Plan kShingles = {"Jaccard similarity of 8-byte shingles, at least .4", 0.4, 70, 3};
const Plan kFeatures = {"Jaccard similarity of features, at least .8", 0.8, 16, 6};

constexpr size_t kShingle = 8;

// Eight bytes fill the word; of ids each is mixed in.
template <class Token>
uint32_t shingle_hash(std::span<const Token> tokens) {
  uint64_t packed = 0;
  for (const Token token : tokens)
    packed = sizeof(Token) == 1 ? packed << 8 | static_cast<uint8_t>(token)
                                : (packed ^ static_cast<uint64_t>(token)) * 0x9e3779b97f4a7c15;
  packed = (packed ^ packed >> 32) * 0xbf58476d1ce4e5b9;  // part of SplitMix64's finaliser
  packed = (packed ^ packed >> 29) * 0x94d049bb133111eb;
  return static_cast<uint32_t>(packed >> 32);
}

std::vector<uint32_t> elements(const BothSides& items, int64_t item) {
  std::vector<uint32_t> out;
  const Items& side = items.side(item);
  if (side.kind == InputKind::bags) {
    for (const int32_t id : items.row(&Items::ids, item, side.input_dim))
      if (id >= 0) out.push_back(static_cast<uint32_t>(id));
  } else {
    const auto add_shingles = [&](const auto& tokens) {
      const size_t length = std::min(kShingle, tokens.size());
      for (size_t i = 0; i + length <= tokens.size(); ++i) out.push_back(shingle_hash(tokens.subspan(i, length)));
    };
    if (side.ids.empty())
      add_shingles(items.row(&Items::bytes, item, side.input_dim));
    else
      add_shingles(items.row(&Items::ids, item, side.input_dim));
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

class Sets : public Likeness {
 public:
  Sets(const BothSides& items, const Plan& plan) : plan_(plan) {
    begin_.push_back(0);
    for (int64_t i = 0; i < items.count(); ++i) {
      const auto one = elements(items, i);
      check(!one.empty(), "an item without elements");
      all_.insert(all_.end(), one.begin(), one.end());
      begin_.push_back(all_.size());
    }
  }
  std::string what() const override { return plan_.what; }
  double threshold() const override { return plan_.threshold; }
  size_t tables() const override { return plan_.bands; }

  double of(int64_t a, int64_t b) const override {
    const auto x = set(a), y = set(b);
    size_t common = 0;
    for (size_t i = 0, j = 0; i < x.size() && j < y.size();) {
      common += x[i] == y[j];
      const bool left = x[i] <= y[j], right = y[j] <= x[i];
      i += left;
      j += right;
    }
    return static_cast<double>(common) / static_cast<double>(x.size() + y.size() - common);
  }

  std::vector<uint64_t> keys(size_t table) const override {
    std::vector<uint64_t> out(begin_.size() - 1, 0);
    for (size_t row = 0; row < plan_.rows; ++row) {
      Stream stream(0, "duplicates/minhash", table, row);
      const uint64_t factor = stream.next() | 1, offset = stream.next();
      for (size_t i = 0; i < out.size(); ++i) {
        uint64_t least = std::numeric_limits<uint64_t>::max();
        for (const uint32_t element : set(static_cast<int64_t>(i)))
          least = std::min(least, (element * factor + offset) >> 24);  // multiply-shift (Dietzfelbinger et al. 1997)
        out[i] = (out[i] ^ least) * 0x9e3779b97f4a7c15;
      }
    }
    return out;
  }

 private:
  std::span<const uint32_t> set(int64_t item) const {
    const auto i = static_cast<size_t>(item);
    return std::span(all_).subspan(begin_[i], begin_[i + 1] - begin_[i]);
  }

  const Plan& plan_;
  std::vector<uint32_t> all_;  // sorted in each set
  std::vector<size_t> begin_;
};

}  // namespace
}  // namespace set_likeness_detail

std::unique_ptr<Likeness> set_likeness(const BothSides& items) {
  using namespace set_likeness_detail;
  check(items.count() > 0 && items.side(0).kind != InputKind::vector, "sets of bytes or features");
  return std::make_unique<Sets>(items, items.side(0).kind == InputKind::bags ? kFeatures : kShingles);
}

}  // namespace loom
