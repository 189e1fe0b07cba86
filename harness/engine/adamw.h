// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "harness/engine/torch.h"

namespace loom {

struct AdamWSettings {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0.01;
};

// Decoupled weight decay (Loshchilov, Hutter 2019), one fused pass per tensor. On the CPU it is our own loop, compiled
// without contraction: at::_fused_adamw_ rounds its vector tail differently, so that a member's bits would depend on
// how many others are stacked beside it.
class AdamW {
 public:
  AdamW(std::vector<at::Tensor> parameters, const AdamWSettings& settings);
  void step(const std::vector<at::Tensor>& gradients, double learning_rate);  // undefined gradient = zero
  // What a checkpoint holds beside the parameters: both moments, and how many steps they have seen.
  const std::vector<at::Tensor>& first() const { return first_; }
  const std::vector<at::Tensor>& second() const { return second_; }
  void set_steps(int64_t steps) { steps_ = steps; }

 private:
  std::vector<at::Tensor> parameters_, first_, second_;
  AdamWSettings settings_;
  int64_t steps_ = 0;
};

}  // namespace loom
