// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/direct_experts.h"
#include "harness/engine/network.h"

namespace loom {

// Rows sorted by the expert that runs them: choices [K, R, C] i64, experts 0 .. E - 1. Nothing is padded or dropped.
class Dispatch {
 public:
  Dispatch(const at::Tensor& choices, int64_t experts);
  at::Tensor sorted(
      const at::Tensor& rows) const;  // [K, R, n] -> [K * R * C, n], segment (member * E + expert) by segment
  at::Tensor restored(const at::Tensor& values) const;  // [K * R * C, n] -> [K, R, C, n]
  std::span<const int64_t> counts() const;              // rows of each segment, [K * E]
  at::Tensor places() const;                            // [K, R, C] how many earlier choices fell on the same expert
  const at::Tensor& sizes() const { return sizes_; }    // the same as a tensor [K, E]
  // Places of an expert in a batch of that many choices (Fedus et al. 2021, eq. 3).
  static int64_t capacity(int64_t choices, double factor, int64_t experts);

 private:
  int64_t stack_, rows_, choices_;
  at::Tensor segment_, order_, inverse_, sizes_, counts_;
};

// E copies of a slot's affine maps, shared by the dense and the expert layers: one expert is the dense layer in bits.
class AffineBank {
 public:
  AffineBank(const std::string& prefix, std::vector<Affine> maps, int64_t experts,
             Parameters& parameters);  // 0: no expert axis
  // Every expert on every row: [K, R, in] -> [K, E, R, out]; without the expert axis [K, R, out], and what
  // entered the maps is left in the pass, where one is given that asks for it.
  at::Tensor all(const Parameters& parameters, const at::Tensor& rows, const Pass* pass = nullptr) const;
  // Every expert on rows of its own: [K, E, R, in] -> [K, E, R, out].
  at::Tensor each(const Parameters& parameters, const at::Tensor& values) const;
  // The chosen experts of each row: [K, R, in] -> [K, R, C, out].
  at::Tensor chosen(const Parameters& parameters, const at::Tensor& rows, const Dispatch& dispatch) const;
  // The same for inference, weighted and summed: [K, R, in] -> [K, R, out]. What decides whether it may is the network,
  // and that answers are asked for: no gradients, no counted FLOPs.
  bool answers_directly(const at::Tensor& rows, const Pass& pass) const;
  at::Tensor mixed(const Parameters& parameters, const at::Tensor& rows, const Gated& gated) const;
  int64_t parameters_per_expert() const;
  int64_t in() const { return maps_.front().in; }

 private:
  at::Tensor batched(const Parameters& parameters, at::Tensor values,
                     const Pass* pass = nullptr) const;  // [K * E, R, in] -> [K * E, R, out]

  std::vector<Affine> maps_;
  int64_t experts_;
  std::vector<size_t> weight_, bias_;
};

// Grouped GEMM: rows [N, in] sorted by segment, weight [S, in, out], bias [S, out]; segment s has counts[s] rows. One
// node of the graph whatever S is: for tiny experts the bookkeeping of a node per expert would cost more than the work.
// Small maps are row_affine's (harness/engine/row_affine.h).
at::Tensor grouped_affine(const at::Tensor& rows, const at::Tensor& weight, const at::Tensor& bias,
                          std::span<const int64_t> counts, Activation after = Activation::none);

// Each row times the matrices chosen for it: rows [K, R, in], weight [K, E, in, out] -> [K, R, C, out].
at::Tensor chosen_products(const at::Tensor& rows, const at::Tensor& weight, const Dispatch& dispatch);

// The gate of an expert layer: softmax over experts of rows [K, R, in] times weight [K, in, E]; [K, R, E].
at::Tensor gate_probabilities(const at::Tensor& weight, const at::Tensor& rows);

// Load-balance loss of Fedus et al. 2021 (Switch), eq. 4: E * sum_e share_e * mean probability_e, summed over the
// stack. probabilities [K, R, E], share [K, E] of the choices that fell on each expert; 1 per member when the load is
// even.
at::Tensor load_balance_loss(const at::Tensor& probabilities, const at::Tensor& share);

}  // namespace loom
