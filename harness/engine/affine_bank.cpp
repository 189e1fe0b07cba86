// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/affine_bank.h"

#include <cmath>

#include "harness/engine/row_affine.h"

namespace loom {

Dispatch::Dispatch(const at::Tensor& choices, int64_t experts)
    : stack_(choices.size(0)), rows_(choices.size(1)), choices_(choices.size(2)) {
  auto segment = choices.reshape({stack_, -1});  // one entry per (row, choice)
  if (stack_ > 1) segment = segment + at::arange(stack_, choices.options()).unsqueeze(1) * experts;
  segment_ = segment.reshape(-1);
  order_ = at::argsort(segment_, /*stable=*/true, /*dim=*/0, /*descending=*/false);
  inverse_ = at::empty_like(order_).scatter_(0, order_, at::arange(order_.numel(), order_.options()));
  sizes_ = at::bincount(segment_, {}, stack_ * experts).view({stack_, experts});
  counts_ = sizes_.to(at::kCPU).contiguous();
}

at::Tensor Dispatch::sorted(const at::Tensor& rows) const {
  const auto source = choices_ == 1 ? order_ : at::floor_divide(order_, choices_);  // row of the flattened [K * R]
  return rows.reshape({stack_ * rows_, rows.size(2)}).index_select(0, source);
}

at::Tensor Dispatch::restored(const at::Tensor& values) const {
  return values.index_select(0, inverse_).view({stack_, rows_, choices_, values.size(1)});
}

at::Tensor Dispatch::places() const {
  const auto flat = sizes_.view(-1), begin = flat.cumsum(0) - flat;
  return (inverse_ - begin.index_select(0, segment_)).view({stack_, rows_, choices_});
}

int64_t Dispatch::capacity(int64_t choices, double factor, int64_t experts) {
  return static_cast<int64_t>(std::ceil(static_cast<double>(choices) * factor / static_cast<double>(experts)));
}

std::span<const int64_t> Dispatch::counts() const {
  return {counts_.data_ptr<int64_t>(), static_cast<size_t>(counts_.numel())};
}

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

at::Tensor AffineBank::batched(const Parameters& parameters, at::Tensor values, const Pass* pass) const {
  for (size_t i = 0; i < maps_.size(); ++i) {
    if (pass != nullptr && pass->recorded != nullptr) (*pass->recorded)[parameters.name(weight_[i])] = values.detach();
    const at::Tensor &weight = parameters[weight_[i]], &bias = parameters[bias_[i]];
    if (runs_in_row_kernels(values, weight)) {
      values = row_affine(values, weight, bias, {}, maps_[i].after);
      continue;
    }
    const auto maps = weight.view({values.size(0), maps_[i].in, maps_[i].out});
    const auto shifts = bias.view({values.size(0), 1, maps_[i].out});
    values = activate(at::baddbmm(shifts, values, maps), maps_[i].after);
  }
  return values;
}

at::Tensor AffineBank::all(const Parameters& parameters, const at::Tensor& rows, const Pass* pass) const {
  if (experts_ == 0) return batched(parameters, rows, pass);
  const int64_t stack = rows.size(0), count = rows.size(1);
  if (experts_ == 1) return batched(parameters, rows).view({stack, 1, count, maps_.back().out});
  return each(parameters, rows.unsqueeze(1).expand({stack, experts_, count, rows.size(2)}));
}

at::Tensor AffineBank::each(const Parameters& parameters, const at::Tensor& values) const {
  const int64_t stack = values.size(0), count = values.size(2);
  return batched(parameters, values.reshape({stack * experts_, count, values.size(3)}))
      .view({stack, experts_, count, maps_.back().out});
}

at::Tensor AffineBank::chosen(const Parameters& parameters, const at::Tensor& rows, const Dispatch& dispatch) const {
  const auto segments = static_cast<int64_t>(dispatch.counts().size());
  at::Tensor values = dispatch.sorted(rows);
  for (size_t i = 0; i < maps_.size(); ++i) {
    const auto weight = parameters[weight_[i]].view({segments, maps_[i].in, maps_[i].out});
    const auto bias = parameters[bias_[i]].view({segments, maps_[i].out});
    values = grouped_affine(values, weight, bias, dispatch.counts(), maps_[i].after);
  }
  return dispatch.restored(values);
}

int64_t AffineBank::parameters_per_expert() const {
  int64_t count = 0;
  for (const Affine& map : maps_) count += map.in * map.out + map.out;
  return count;
}

at::Tensor chosen_products(const at::Tensor& rows, const at::Tensor& weight, const Dispatch& dispatch) {
  const int64_t segments = weight.size(0) * weight.size(1), out = weight.size(3);
  const auto none = at::zeros({segments, out}, weight.options().requires_grad(false));
  return dispatch.restored(
      grouped_affine(dispatch.sorted(rows), weight.reshape({segments, weight.size(2), out}), none, dispatch.counts()));
}

at::Tensor gate_probabilities(const at::Tensor& weight, const at::Tensor& rows) {
  return at::softmax(batched_product(rows, weight), -1);
}

at::Tensor load_balance_loss(const at::Tensor& probabilities, const at::Tensor& share) {
  return (share * probabilities.mean(1)).sum() * static_cast<double>(probabilities.size(-1));
}

}  // namespace loom
