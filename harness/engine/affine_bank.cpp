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

at::Tensor AffineBank::all(const Parameters& parameters, const at::Tensor& rows, const Pass* pass) const {
  const int64_t stack = rows.size(0), count = rows.size(1), experts = std::max<int64_t>(experts_, 1);
  at::Tensor values = rows;
  if (experts > 1)
    values =
        rows.unsqueeze(1).expand({stack, experts, count, rows.size(2)}).reshape({stack * experts, count, rows.size(2)});
  const bool asked = pass != nullptr && pass->inputs != nullptr && experts_ == 0;
  for (size_t i = 0; i < maps_.size(); ++i) {
    if (asked) (*pass->inputs)[parameters.name(weight_[i])] = values.detach();
    const auto weight = parameters[weight_[i]].view({stack * experts, maps_[i].in, maps_[i].out});
    const auto bias = parameters[bias_[i]].view({stack * experts, 1, maps_[i].out});
    values = activate(at::baddbmm(bias, values, weight), maps_[i].after);
  }
  return experts_ > 0 ? values.view({stack, experts, count, maps_.back().out}) : values;
}

at::Tensor AffineBank::grouped(const Parameters& parameters, const at::Tensor& rows,
                               std::span<const int64_t> counts) const {
  const auto segments = static_cast<int64_t>(counts.size());
  at::Tensor values = rows;
  for (size_t i = 0; i < maps_.size(); ++i) {
    const auto weight = parameters[weight_[i]].view({segments, maps_[i].in, maps_[i].out});
    const auto bias = parameters[bias_[i]].view({segments, maps_[i].out});
    values = activate(grouped_affine(values, weight, bias, counts), maps_[i].after);
  }
  return values;
}

int64_t AffineBank::parameters_per_expert() const {
  int64_t count = 0;
  for (const Affine& map : maps_) count += map.in * map.out + map.out;
  return count;
}

at::Tensor gate_probabilities(const at::Tensor& weight, const at::Tensor& rows) {
  return at::softmax(at::bmm(rows, weight), -1);
}

at::Tensor load_balance_loss(const at::Tensor& probabilities, const at::Tensor& share) {
  return (share * probabilities.mean(1)).sum() * static_cast<double>(probabilities.size(-1));
}

}  // namespace loom
