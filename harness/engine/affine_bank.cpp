// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/affine_bank.h"

namespace loom {

AffineBank::AffineBank(const std::string& prefix, std::vector<Affine> maps, int64_t experts, Parameters& parameters)
    : maps_(std::move(maps)), experts_(experts) {
  for (const Affine& map : maps_) {
    std::vector<int64_t> weight = {map.in, map.out}, bias = {1, map.out};
    if (experts_ > 0) {
      weight.insert(weight.begin(), experts_);
      bias.insert(bias.begin(), experts_);
    }
    weight_.push_back(parameters.add(prefix + map.name + ".weight", weight, map.weight, experts_));
    bias_.push_back(parameters.add(prefix + map.name + ".bias", bias, map.bias, experts_));
  }
}

at::Tensor AffineBank::all(const Parameters& parameters, const at::Tensor& rows) const {
  const int64_t stack = rows.size(0), count = rows.size(1), experts = std::max<int64_t>(experts_, 1);
  at::Tensor values = rows;
  if (experts > 1)
    values =
        rows.unsqueeze(1).expand({stack, experts, count, rows.size(2)}).reshape({stack * experts, count, rows.size(2)});
  for (size_t i = 0; i < maps_.size(); ++i) {
    const auto weight = parameters[weight_[i]].view({stack * experts, maps_[i].in, maps_[i].out});
    const auto bias = parameters[bias_[i]].view({stack * experts, 1, maps_[i].out});
    values = activate(at::baddbmm(bias, values, weight), maps_[i].after);
  }
  return experts_ > 0 ? values.view({stack, experts, count, maps_.back().out}) : values;
}

at::Tensor AffineBank::grouped(const Parameters& parameters, const at::Tensor& rows,
                               std::span<const int64_t> counts) const {
  const auto segments = static_cast<int64_t>(counts.size());
  std::vector<std::vector<at::Tensor>> weights, biases;
  for (size_t i = 0; i < maps_.size(); ++i) {
    weights.push_back(parameters[weight_[i]].view({segments, maps_[i].in, maps_[i].out}).unbind(0));
    biases.push_back(parameters[bias_[i]].view({segments, maps_[i].out}).unbind(0));
  }
  std::vector<at::Tensor> parts;
  int64_t begin = 0;
  for (int64_t segment = 0; segment < segments; ++segment) {
    if (counts[segment] == 0) continue;  // an expert without rows costs nothing and gets no gradient
    at::Tensor values = rows.narrow(0, begin, counts[segment]);
    for (size_t i = 0; i < maps_.size(); ++i)
      values = activate(at::addmm(biases[i][segment], values, weights[i][segment]), maps_[i].after);
    parts.push_back(values);
    begin += counts[segment];
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts, 0);
}

int64_t AffineBank::parameters_per_expert() const {
  int64_t count = 0;
  for (const Affine& map : maps_) count += map.in * map.out + map.out;
  return count;
}

at::Tensor gate_probabilities(const at::Tensor& weight, const at::Tensor& rows) {
  return at::softmax(at::bmm(rows, weight), -1);
}

at::Tensor load_balance_loss(const at::Tensor& probabilities, const at::Tensor& choices) {
  const int64_t experts = probabilities.size(-1);
  const auto hits = at::one_hot(choices.detach(), experts).to(probabilities.scalar_type()).sum(2);  // [K, R, E]
  const auto share = hits.mean(1) / static_cast<double>(choices.size(2));
  return (share * probabilities.mean(1)).sum() * static_cast<double>(experts);
}

}  // namespace loom
