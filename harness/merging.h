// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/safetensors.h"

namespace loom {

// What a combiner of view weights may ask for while it makes one network of several. All of it costs, and is charged
// to "selection": how often it asks must not depend on the answers, because a dry assembly, where nothing is computed
// on data, closes the budget by the same requests.
class MergeContext {
 public:
  virtual ~MergeContext() = default;
  virtual std::span<const Arrays> members() const = 0;  // one at least; the same names and shapes in all, f32
  virtual const Arrays* seed() const = 0;               // what all members branched from; nullptr: born cold
  virtual uint64_t trial_seed() const = 0;              // keys what a merge draws
  // Mean nats per target on the calibration split, domains weighted equally. Dry: 0.
  virtual double calibration_loss(const Arrays& weights) = 0;
  // Both are statistics that a member's owner can compute: each member's on its own part of the router split, on at
  // most `items` of it, evenly spaced. Dry, and where a part has no items: zeros.
  // For each member the diagonal of the empirical Fisher matrix, under the weights' names and shapes: the mean over
  // items of the squared gradient of an item's mean loss per target.
  virtual std::vector<Arrays> fisher(int64_t items) = 0;
  // For each member and each weight [in, out] of an affine map, under the weight's name, X^T X [in, in] of the rows X
  // that entered it. Embeddings, convolutions, domain adapters, norms and biases have none.
  virtual std::vector<Arrays> grams(int64_t items) = 0;
  virtual void charge(
      double flops) = 0;  // of what the merge computes itself, where it is more than a few passes of sums
};

}  // namespace loom
