// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "harness/engine/data.h"
#include "harness/engine/network.h"
#include "harness/engine/train.h"

namespace loom {

struct Losses {
  // [K]: mean cross-entropy, nats; share of targets ranked first (undefined in training). Bytes that are not scored are
  // no targets.
  at::Tensor loss, accuracy;
};

// log_softmax(logits [.., outputs]) at targets [..]; a row's bits depend on no other row.
at::Tensor target_log_probs(const at::Tensor& logits, const at::Tensor& targets);
// Minus its mean over each member's targets, of those that are scored: logits [K, .., outputs], targets [K, ..], scored
// likewise in any shape, or undefined; [K]. One node of the graph.
at::Tensor mean_target_loss(const at::Tensor& logits, const at::Tensor& targets, const at::Tensor& scored = {});

// One batch of a stack: `flat` holds each member's items, one member after the other [K * rows].
// A teacher's share of the loss is added, for a stack of one.
Losses member_losses(const Network& network, const Dataset& data, const at::Tensor& flat, int64_t stack, Pass& pass,
                     const Teacher* teacher = nullptr);

struct Checked {
  double loss = 0, accuracy = 0;
};

// Each member on its own items; `own` holds equally many per member, so that no member's chunks depend on another's.
std::vector<Checked> check_stack(const Network& network, const Dataset& data,
                                 const std::vector<std::span<const int64_t>>& own);

// Gradient clipping by norm, per member, so that stacked members never share a norm.
void clip(std::vector<at::Tensor>& gradients, double limit);

}  // namespace loom
