// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "harness/engine/torch.h"
#include "harness/suite.h"

namespace loom {

// Items as tensors, resident on the device. vector: inputs [N, dim] f32, targets [N] i64; bags: inputs [N, most] i64,
// -1 for none. tokens: inputs [N, T] i64, targets are the inputs.
struct Dataset {
  InputKind kind = InputKind::vector;
  at::Tensor inputs, targets, domains;  // domains [N] i64
  at::Tensor scored = {};               // tokens: [N, T] bool; undefined: every byte is
  int64_t size() const { return inputs.size(0); }
};
Dataset make_dataset(const Items& items, at::Device device);
at::Tensor to_tensor(std::span<const int64_t> indices, at::Device device);

// The order in which one seed sees the train split: epoch after epoch, each a fresh permutation. A member of a
// partition takes the items of its part in this very order, so that a fabric of one trains exactly as the monolith
// does.
class PooledOrder {
 public:
  PooledOrder(std::vector<int64_t> train, uint64_t seed, std::string purpose);
  // `count` items of part `part` (part_of[i] belongs to train[i]) from pooled position `begin` on.
  std::vector<int64_t> take(int64_t begin, int64_t count, std::span<const int32_t> part_of, int32_t part);
  void reach(int64_t position);  // makes the epochs up to this pooled position, so that forked jobs share them
  int64_t size() const { return static_cast<int64_t>(train_.size()); }

 private:
  const std::vector<int64_t>& epoch(int64_t index);  // positions in train_
  std::vector<int64_t> train_;
  uint64_t seed_;
  std::string purpose_;
  std::vector<std::vector<int64_t>> epochs_;
};

}  // namespace loom
