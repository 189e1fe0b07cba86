// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/row_copy_loops.h"
#include "harness/engine/row_product_loops.h"
#include "harness/engine/row_softmax_loops.h"

namespace loom::row_kernels_loops {

// Queries go in blocks, so that keys after a block are not asked. Keys are filled up to whole vectors with zeros, and
// so are a head's channels where its rows stand on the right of a product.
template <class Isa>
struct AttentionBlocks {
  static constexpr int64_t kRows = 16;
  explicit AttentionBlocks(const RowAttention& work)
      : keys(up_to(work.steps, kRowAttentionKeys)), channels(up_to(work.width, kRowAttentionChannels)) {
    float** const by_key[] = {&turned_key, &turned_value, &key, &value, &to_key, &to_value};
    float** const by_block[] = {&query, &gradient, &said};
    float* next = work.scratch;
    for (float** part : by_key) *part = next, next += keys * channels;
    for (float** part : by_block) *part = next, next += kRows * channels;
    shares = next, slopes = next + kRows * keys;
  }
  static int64_t up_to(int64_t count, int64_t whole) { return (count + whole - 1) / whole * whole; }

  int64_t keys, channels;
  float *turned_key, *turned_value;        // [width, keys]
  float *key, *value, *to_key, *to_value;  // [keys, channels]
  float *shares, *slopes;                  // [block, keys no later than it]
  float *query, *gradient, *said;          // [block, channels]
};

template <class Isa>
class Attention {
 public:
  explicit Attention(const RowAttention& work) : work_(work), at_(work) {}

  void forward() {
    turn(work_.key, at_.turned_key);
    gather_keys(work_.value, at_.value);
    for (int64_t first = 0; first < work_.steps; first += AttentionBlocks<Isa>::kRows) {
      open(first);
      share();
      by_key(at_.shares, at_.value);
      scatter<Isa>(at_.said, at_.channels, count_, work_.width, 1, work_.to + first * work_.to_step, work_.to_step);
    }
  }

  // Of the gradient of what came out: dV = P' dO, dP = dO V', dS = P * (dP - sum(P * dP)), dQ = dS K, dK = dS' Q.
  void backward() {
    turn(work_.key, at_.turned_key);
    turn(work_.value, at_.turned_value);
    gather_keys(work_.key, at_.key);
    clear<Isa>(at_.to_key, at_.keys * at_.channels);
    clear<Isa>(at_.to_value, at_.keys * at_.channels);
    for (int64_t first = 0; first < work_.steps; first += AttentionBlocks<Isa>::kRows) {
      open(first);
      share();
      gather<Isa>(work_.gradient + first * work_.to_step, work_.to_step, count_, work_.width, 1, at_.gradient,
                  at_.channels);
      with_turned(at_.gradient, at_.turned_value, at_.slopes);
      through_softmax();
      by_key(at_.slopes, at_.key);
      scatter<Isa>(at_.said, at_.channels, count_, work_.width, work_.scale, work_.to_query + first * work_.step,
                   work_.step);
      add_by_query(at_.slopes, at_.query, at_.to_key);
      add_by_query(at_.shares, at_.gradient, at_.to_value);
    }
    scatter<Isa>(at_.to_key, at_.channels, work_.steps, work_.width, 1, work_.to_key, work_.step);
    scatter<Isa>(at_.to_value, at_.channels, work_.steps, work_.width, 1, work_.to_value, work_.step);
  }

 private:
  // [steps, width] -> [width, keys]
  void turn(const float* from, float* to) const {
    transpose<Isa>({.from = from,
                    .to = to,
                    .rows = work_.steps,
                    .columns = work_.width,
                    .from_step = work_.step,
                    .to_step = at_.keys});
    for (int64_t i = 0; i < work_.width; ++i) clear<Isa>(to + i * at_.keys + work_.steps, at_.keys - work_.steps);
  }

  void gather_keys(const float* from, float* to) const {
    gather<Isa>(from, work_.step, work_.steps, work_.width, 1, to, at_.channels);
    clear<Isa>(to + work_.steps * at_.channels, (at_.keys - work_.steps) * at_.channels);
  }

  void open(int64_t first) {
    const int64_t left = work_.steps - first;
    first_ = first;
    count_ = left < AttentionBlocks<Isa>::kRows ? left : AttentionBlocks<Isa>::kRows;
    seen_ = AttentionBlocks<Isa>::up_to(first + count_, kRowAttentionKeys);
    gather<Isa>(work_.query + first * work_.step, work_.step, count_, work_.width, work_.scale, at_.query,
                at_.channels);
  }

  // shares = softmax(query key'), later keys left out: to the softmax they are nearly nothing, then nothing.
  void share() {
    with_turned(at_.query, at_.turned_key, at_.shares);
    fill_later(-__builtin_inff());
    softmax<Isa>({.values = at_.shares, .rows = count_, .width = seen_});
    fill_later(0);
  }

  void fill_later(float value) {
    using Floats = typename Of<Isa::kLanes>::Floats;
    typename Of<Isa::kLanes>::Bits key = {};
    for (int i = 0; i < Isa::kLanes; ++i) key[i] = i;
    for (int32_t row = 0; row < count_; ++row)
      for (int32_t i = 0; i < seen_ - first_; i += Isa::kLanes) {
        Floats& shares = *reinterpret_cast<Floats*>(at_.shares + row * seen_ + first_ + i);
        shares = key + i > row ? Floats{} + value : shares;
      }
  }

  // [block, width] times [width, keys]
  void with_turned(const float* rows, const float* turned, float* to) const {
    const auto slice = [&](int64_t column) { return Whole{turned + column, at_.keys, work_.width}; };
    every_panel<Isa>({.from = rows, .to = to, .in = at_.channels, .out = seen_}, count_, slice);
  }

  // said = [block, keys] times [keys, channels]
  void by_key(const float* shares, const float* right) const {
    const auto slice = [&](int64_t column) { return Whole{right + column, at_.channels, seen_}; };
    every_panel<Isa>({.from = shares, .to = at_.said, .in = seen_, .out = at_.channels}, count_, slice);
  }

  // to += [block, keys]' times [block, channels]
  void add_by_query(const float* shares, const float* right, float* to) const {
    const auto slice = [&](int64_t column) {
      return Part{right + column, at_.channels, count_, 0, /*first=*/false, /*last=*/true};
    };
    every_panel<Isa>({.from = shares, .to = to, .in = count_, .out = at_.channels, .from_step = seen_}, seen_, slice);
  }

  void through_softmax() const {
    using Floats = typename Of<Isa::kLanes>::Floats;
    for (int64_t row = 0; row < count_; ++row) {
      const float* shares = at_.shares + row * seen_;
      float* slopes = at_.slopes + row * seen_;
      Floats sums = {};
      for (int64_t i = 0; i < seen_; i += Isa::kLanes)
        sums += *reinterpret_cast<const Floats*>(shares + i) * *reinterpret_cast<const Floats*>(slopes + i);
      const float mean = folded<Isa::kLanes>(sums, [](auto a, auto b) { return a + b; });
      for (int64_t i = 0; i < seen_; i += Isa::kLanes) {
        Floats& slope = *reinterpret_cast<Floats*>(slopes + i);
        slope = (slope - mean) * *reinterpret_cast<const Floats*>(shares + i);
      }
    }
  }

  const RowAttention& work_;
  AttentionBlocks<Isa> at_;
  int64_t first_ = 0, count_ = 0, seen_ = 0;  // of the block: its first query, its queries, the keys it sees, filled up
};

template <class Isa>
void attention(const RowAttention& work) {
  work.gradient == nullptr ? Attention<Isa>(work).forward() : Attention<Isa>(work).backward();
}

}  // namespace loom::row_kernels_loops
