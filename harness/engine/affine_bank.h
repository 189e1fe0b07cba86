// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/network.h"

namespace loom {

// E copies of a slot's affine maps, shared by the dense and the expert layers: one expert is the dense layer in bits.
class AffineBank {
 public:
  AffineBank(const std::string& prefix, std::vector<Affine> maps, int64_t experts,
             Parameters& parameters);  // 0: no expert axis
  // Every expert on every row: [K, R, in] -> [K, E, R, out]; without the expert axis [K, R, out], and what entered the
  // maps is left in the pass, where one is given that asks for it.
  at::Tensor all(const Parameters& parameters, const at::Tensor& rows, const Pass* pass = nullptr) const;
  // rows [N, in] sorted by segment; segment (member * E + expert) has counts[segment] rows. Returns [N, out].
  at::Tensor grouped(const Parameters& parameters, const at::Tensor& rows, std::span<const int64_t> counts) const;
  int64_t parameters_per_expert() const;
  int64_t in() const { return maps_.front().in; }

 private:
  std::vector<Affine> maps_;
  int64_t experts_;
  std::vector<size_t> weight_, bias_;
};

// Grouped GEMM: rows [N, in] sorted by segment, weight [S, in, out], bias [S, out]; segment s has counts[s] rows. One
// node of the graph whatever S is: for tiny experts the bookkeeping of a node per expert would cost more than the work.
at::Tensor grouped_affine(const at::Tensor& rows, const at::Tensor& weight, const at::Tensor& bias,
                          std::span<const int64_t> counts);

// The gate of an expert layer: softmax over experts of rows [K, R, in] times weight [K, in, E]; [K, R, E].
at::Tensor gate_probabilities(const at::Tensor& weight, const at::Tensor& rows);

// Load-balance loss of Fedus et al. 2021 (Switch), eq. 4: E * sum_e share_e * mean probability_e, summed over the
// stack. probabilities [K, R, E], share [K, E] of the choices that fell on each expert; 1 per member when the load is
// even.
at::Tensor load_balance_loss(const at::Tensor& probabilities, const at::Tensor& share);

}  // namespace loom
