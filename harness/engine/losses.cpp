// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/losses.h"

#include <cmath>

#include "harness/engine/row_softmax.h"

namespace loom {
namespace losses_detail {

constexpr int64_t kEvaluationRows = 512,
                  kTokenRows = 16;  // T x vocabulary outputs a row: what a chunk writes is to be near when it is read

at::Tensor tags_of(const Network& network, const Dataset& data, const at::Tensor& flat, at::IntArrayRef shape) {
  return network.spec().tags > 0 ? data.domains.index_select(0, flat).view(shape) : at::Tensor();
}

// Mean over each member's targets: values [K, rows] or [K, rows, T]; scored likewise, or undefined.
at::Tensor mean_of(const at::Tensor& values, const at::Tensor& scored) {
  const auto flat = values.reshape({values.size(0), -1});
  if (!scored.defined()) return flat.mean(1);
  const auto mask = scored.reshape({values.size(0), -1}).to(values.scalar_type());
  return (flat * mask).sum(1) / mask.sum(1);  // every item has a scored byte
}

// temperature^2 * KL(teacher || student) of each target, both softened: gradients keep their size (Hinton et al. 2015).
at::Tensor divergence(const at::Tensor& teacher, const at::Tensor& logits, double temperature) {
  const auto wanted = at::log_softmax(teacher / temperature, -1), said = at::log_softmax(logits / temperature, -1);
  return (wanted.exp() * (wanted - said)).sum(-1) * (temperature * temperature);
}

double target_count(const Dataset& data, std::span<const int64_t> items) {
  if (!data.scored.defined()) return static_cast<double>(items.size());
  return static_cast<double>(data.scored.index_select(0, to_tensor(items, data.scored.device())).sum().item<int64_t>());
}

}  // namespace losses_detail

using namespace losses_detail;

at::Tensor Teacher::log_probs(const Dataset& data, const at::Tensor& items) const {
  at::NoGradGuard no_grad;  // not inference mode: the loss keeps what they say for its backward
  const auto inputs = data.inputs.index_select(0, items);
  if (!by_domain) {
    std::vector<at::Tensor> said;
    for (const auto& member : members) said.push_back(member->log_probs(inputs, {}));
    return at::logsumexp(at::stack(said), {0}) - std::log(static_cast<double>(members.size()));
  }
  const auto domains = data.domains.index_select(0, items);
  at::Tensor all;
  for (size_t domain = 0; domain < members.size(); ++domain) {
    const auto own = domains.eq(static_cast<int64_t>(domain)).nonzero().squeeze(1);
    if (own.numel() == 0) continue;
    const auto said = members[domain]->log_probs(inputs.index_select(0, own), {});
    if (!all.defined()) {
      auto shape = said.sizes().vec();
      shape[0] = inputs.size(0);
      all = at::empty(shape, said.options());
    }
    all.index_copy_(0, own, said);
  }
  return all;
}

Losses member_losses(const Network& network, const Dataset& data, const at::Tensor& flat, int64_t stack, Pass& pass,
                     const Teacher* teacher) {
  const int64_t rows = flat.size(0) / stack;
  const auto inputs = data.inputs.index_select(0, flat).view({stack, rows, data.inputs.size(1)});
  const auto logits = network.forward(inputs, tags_of(network, data, flat, {stack, rows}), pass);
  const auto targets = data.kind == InputKind::tokens ? inputs : data.targets.index_select(0, flat).view({stack, rows});
  Losses losses;
  const auto scored = data.scored.defined() ? data.scored.index_select(0, flat) : at::Tensor();
  losses.loss = mean_target_loss(logits, targets, scored);
  if (teacher != nullptr) {
    const auto soft =
        mean_of(divergence(teacher->log_probs(data, flat).unsqueeze(0), logits, teacher->temperature), scored);
    losses.loss = (1 - teacher->share) * losses.loss + teacher->share * soft;
  }
  if (!pass.training) losses.accuracy = mean_of(place_of_highest(logits).eq(targets).to(at::kFloat), scored);
  return losses;
}

void clip(std::vector<at::Tensor>& gradients, double limit) {
  at::Tensor squares;
  for (const at::Tensor& gradient : gradients)
    if (gradient.defined()) {
      const auto square = gradient.square().reshape({gradient.size(0), -1}).sum(1);
      squares = squares.defined() ? squares + square : square;
    }
  const auto factor = (limit / (squares.sqrt() + 1e-6)).clamp_max(1.0);
  for (at::Tensor& gradient : gradients)
    if (gradient.defined()) {
      std::vector<int64_t> shape(static_cast<size_t>(gradient.dim()), 1);
      shape[0] = factor.size(0);
      gradient = gradient * factor.view(shape);
    }
}

std::vector<Checked> check_stack(const Network& network, const Dataset& data,
                                 const std::vector<std::span<const int64_t>>& own) {
  c10::InferenceMode inference;
  const auto stack = std::ssize(own);
  std::vector<Checked> sums(own.size());
  const size_t most = data.kind == InputKind::tokens ? kTokenRows : kEvaluationRows;
  for (size_t begin = 0; begin < own[0].size(); begin += most) {
    const size_t rows = std::min(most, own[0].size() - begin);
    std::vector<int64_t> flat;
    for (const auto& items : own)
      flat.insert(flat.end(), items.begin() + static_cast<int64_t>(begin),
                  items.begin() + static_cast<int64_t>(begin + rows));
    Pass pass;
    const Losses losses = member_losses(network, data, to_tensor(flat, network.parameters().device()), stack, pass);
    for (int64_t member = 0; member < stack; ++member) {
      const auto& items = own[static_cast<size_t>(member)];
      const double weight = target_count(data, items.subspan(begin, rows)) / target_count(data, items);
      sums[static_cast<size_t>(member)].loss += losses.loss[member].item<double>() * weight;
      sums[static_cast<size_t>(member)].accuracy += losses.accuracy[member].item<double>() * weight;
    }
  }
  return sums;
}

}  // namespace loom
