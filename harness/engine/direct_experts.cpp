// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/direct_experts.h"

#include "harness/engine/affine_bank.h"
#include "harness/engine/flops.h"
#include "harness/engine/row_kernels.h"

namespace loom {
namespace direct_experts_detail {

// Beyond, in weights of one map, the library's blocking gains more than a call of it costs.
constexpr int64_t kMostWeights = 1 << 18;

// As below for one, without a jump that depends on the values.
int64_t largest_gate(const float* gates, int64_t experts) {
  int64_t found = 0;
  float most = gates[0];
  for (int64_t expert = 1; expert < experts; ++expert) {
    found = gates[expert] > most ? expert : found;
    most = gates[expert] > most ? gates[expert] : most;
  }
  return found;
}

// Not a number is never larger, so that there are always `top_k` of them.
void choose_experts(const float* gates, int64_t experts, int64_t top_k, int64_t* chosen) {
  for (int64_t expert = 0; expert < experts; ++expert) {
    int64_t place = std::min(expert, top_k);
    for (; place > 0 && gates[expert] > gates[chosen[place - 1]]; --place)
      if (place < top_k) chosen[place] = chosen[place - 1];
    if (place < top_k) chosen[place] = expert;
  }
}

}  // namespace direct_experts_detail

using namespace direct_experts_detail;

Gated gated_directly(const at::Tensor& rows, const at::Tensor& weight, int64_t top_k) {
  const int64_t stack = rows.size(0), count = rows.size(1), experts = weight.size(2);
  Gated gated{at::empty({stack, count, experts}, rows.options()),
              at::empty({stack, count, top_k}, rows.options().dtype(at::kLong)),
              at::empty({stack, count, top_k}, rows.options())};
  const at::Tensor from = rows.contiguous();
  const std::vector<int64_t> counts(static_cast<size_t>(stack), count);
  auto* gates = gated.gates.data_ptr<float>();
  row_kernels().multiply({.from = from.const_data_ptr<float>(),
                          .to = gates,
                          .weight = weight.contiguous().const_data_ptr<float>(),
                          .counts = counts.data(),
                          .segments = stack,
                          .in = rows.size(2),
                          .out = experts});
  row_kernels().softmax({.values = gates, .rows = stack * count, .width = experts});
  auto* choices = gated.choices.data_ptr<int64_t>();
  auto* weights = gated.weights.data_ptr<float>();
  for (int64_t row = 0; row < stack * count; ++row, gates += experts, choices += top_k, weights += top_k) {
    if (top_k == 1)
      *choices = largest_gate(gates, experts);
    else
      choose_experts(gates, experts, top_k, choices);
    for (int64_t c = 0; c < top_k; ++c) weights[c] = gates[choices[c]];
  }
  return gated;
}

SortedChoices::SortedChoices(const Gated& gated, int64_t experts) {
  const int64_t stack = gated.choices.size(0), rows = gated.choices.size(1), choices = gated.choices.size(2);
  const auto* chosen = gated.choices.const_data_ptr<int64_t>();
  const auto* weights = gated.weights.const_data_ptr<float>();
  const auto total = static_cast<size_t>(stack * rows * choices);
  counts.resize(static_cast<size_t>(stack * experts)), entry.resize(total), row.resize(total), weight.resize(total);
  const auto each = [&](auto&& take) {
    int64_t i = 0;
    for (int64_t member = 0; member < stack; ++member)
      for (int64_t own = 0; own < rows; ++own)
        for (int64_t c = 0; c < choices; ++c, ++i)
          take(static_cast<size_t>(member * experts + chosen[i]), member * rows + own, i);
  };
  each([&](size_t segment, int64_t, int64_t) { ++counts[segment]; });
  std::vector<size_t> next(counts.size());
  for (size_t segment = 1; segment < next.size(); ++segment)
    next[segment] = next[segment - 1] + static_cast<size_t>(counts[segment - 1]);
  each([&](size_t segment, int64_t source, int64_t i) {
    const size_t place = next[segment]++;
    entry[place] = i, row[place] = source, weight[place] = weights[i];
  });
}

bool AffineBank::answers_directly(const at::Tensor& rows, const Pass& pass) const {
  const auto small = [](const Affine& map) { return map.in * map.out <= kMostWeights; };
  return c10::InferenceMode::is_enabled() && !pass.training && !FlopCounter::active() && rows.is_cpu() &&
         rows.scalar_type() == at::kFloat && experts_ > 1 && maps_.back().after != Activation::gelu &&
         std::ranges::all_of(maps_, small);
}

at::Tensor AffineBank::mixed(const Parameters& parameters, const at::Tensor& rows, const Gated& gated) const {
  const int64_t stack = rows.size(0), count = rows.size(1), choices = gated.choices.size(2);
  const SortedChoices sorted(gated, experts_);
  at::Tensor values = rows.contiguous();
  for (size_t i = 0; i < maps_.size(); ++i) {
    const bool first = i == 0, last = i + 1 == maps_.size();
    const at::Tensor from = values;
    values = at::empty({stack * count * choices, maps_[i].out}, rows.options());
    row_kernels().multiply({.from = from.const_data_ptr<float>(),
                            .from_row = first ? sorted.row.data() : nullptr,
                            .to = values.data_ptr<float>(),
                            .to_row = last ? sorted.entry.data() : nullptr,
                            .scale = last ? sorted.weight.data() : nullptr,
                            .weight = parameters[weight_[i]].contiguous().const_data_ptr<float>(),
                            .bias = parameters[bias_[i]].contiguous().const_data_ptr<float>(),
                            .counts = sorted.counts.data(),
                            .segments = stack * experts_,
                            .in = maps_[i].in,
                            .out = maps_[i].out,
                            .relu = maps_[i].after == Activation::relu});
    if (maps_[i].after == Activation::gelu) values = activate(values, Activation::gelu);
  }
  const int64_t out = maps_.back().out;
  return choices == 1 ? values.view({stack, count, out}) : values.view({stack, count, choices, out}).sum(2);
}

}  // namespace loom
