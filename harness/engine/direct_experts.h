// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/layer.h"

namespace loom {

// Gated experts on plain memory (row_kernels.h): what runs where nothing is learned or counted. Sums round otherwise
// than those of the tensor operations, by a few units of the last place, so the path may depend on no batch, no stack
// and nothing else that changes between two answers: see AffineBank::answers_directly.

struct Gated {
  at::Tensor gates;    // [K, R, E] softmax
  at::Tensor choices;  // [K, R, C] i64, the largest first, of equals the first
  at::Tensor weights;  // [K, R, C] their gates
};
Gated gated_directly(const at::Tensor& rows, const at::Tensor& weight, int64_t top_k);  // [K, R, in], [K, in, E]

// The choices [K, R, C] in the order of their segments, member * E + expert, as Dispatch has them.
struct SortedChoices {
  SortedChoices(const Gated& gated, int64_t experts);
  std::vector<int64_t> counts;      // of each segment
  std::vector<int64_t> entry, row;  // in that order: which choice of [K * R * C] it is, of which row of [K * R]
  std::vector<float> weight;
};

}  // namespace loom
