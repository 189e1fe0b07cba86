// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/train.h"

#include <cmath>
#include <numbers>

#include "harness/engine/adamw.h"
#include "harness/error.h"

namespace loom {
namespace train_detail {

constexpr int64_t kEvaluationRows = 512;

at::Tensor tags_of(const Network& network, const Dataset& data, const at::Tensor& flat, at::IntArrayRef shape) {
  return network.spec().tags > 0 ? data.domains.index_select(0, flat).view(shape) : at::Tensor();
}

struct Losses {
  at::Tensor loss,
      accuracy;  // per member [K]: mean cross-entropy; share of targets ranked first (undefined in training)
};

Losses member_losses(const Network& network, const Dataset& data, const at::Tensor& flat, int64_t stack, Pass& pass) {
  const int64_t rows = flat.size(0) / stack;
  const auto inputs = data.inputs.index_select(0, flat).view({stack, rows, data.inputs.size(1)});
  const auto logits = network.forward(inputs, tags_of(network, data, flat, {stack, rows}), pass);
  const auto targets = data.kind == InputKind::tokens ? inputs : data.targets.index_select(0, flat).view({stack, rows});
  Losses losses;
  losses.loss = -at::log_softmax(logits, -1).gather(-1, targets.unsqueeze(-1)).reshape({stack, -1}).mean(1);
  if (!pass.training) losses.accuracy = logits.argmax(-1).eq(targets).to(at::kFloat).reshape({stack, -1}).mean(1);
  return losses;
}

// Gradient clipping per member, so that stacked members never share a norm.
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

struct Checked {
  double loss = 0, accuracy = 0;
};

// Each member on its own items; `own` holds equally many per member, so that no member's chunks depend on another's.
std::vector<Checked> check_stack(const Network& network, const Dataset& data,
                                 const std::vector<std::span<const int64_t>>& own) {
  c10::InferenceMode inference;
  const auto stack = std::ssize(own);
  std::vector<Checked> sums(own.size());
  for (size_t begin = 0; begin < own[0].size(); begin += kEvaluationRows) {
    const size_t rows = std::min<size_t>(kEvaluationRows, own[0].size() - begin);
    std::vector<int64_t> flat;
    for (const auto& items : own)
      flat.insert(flat.end(), items.begin() + static_cast<int64_t>(begin),
                  items.begin() + static_cast<int64_t>(begin + rows));
    Pass pass;
    const Losses losses = member_losses(network, data, to_tensor(flat, network.parameters().device()), stack, pass);
    const double weight = static_cast<double>(rows) / static_cast<double>(own[0].size());
    for (int64_t member = 0; member < stack; ++member) {
      sums[static_cast<size_t>(member)].loss += losses.loss[member].item<double>() * weight;
      sums[static_cast<size_t>(member)].accuracy += losses.accuracy[member].item<double>() * weight;
    }
  }
  return sums;
}

// Holds the best checkpoint of each member of a stack.
class BestKeeper {
 public:
  explicit BestKeeper(Parameters& parameters)
      : parameters_(parameters), loss_(static_cast<size_t>(parameters.stack()), INFINITY) {
    at::NoGradGuard no_grad;
    for (const at::Tensor& value : parameters.values()) kept_.push_back(value.detach().clone());
  }
  bool offer(int64_t member, double loss) {
    if (!(loss < loss_[static_cast<size_t>(member)])) return false;
    at::NoGradGuard no_grad;
    loss_[static_cast<size_t>(member)] = loss;
    for (size_t i = 0; i < kept_.size(); ++i) kept_[i].select(0, member).copy_(parameters_[i].select(0, member));
    return true;
  }
  void restore() {
    at::NoGradGuard no_grad;
    for (size_t i = 0; i < kept_.size(); ++i) const_cast<at::Tensor&>(parameters_[i]).copy_(kept_[i]);
  }

 private:
  Parameters& parameters_;
  std::vector<double> loss_;
  std::vector<at::Tensor> kept_;
};

bool check_due(int64_t step, int64_t steps,
               int64_t checks) {  // whether `step` (1-based) ends one of the evenly spaced checks
  return step * checks / steps != (step - 1) * checks / steps;
}

}  // namespace train_detail

using namespace train_detail;

TrainConfig train_config(const Json& resolved) {
  return {resolved.at("batch"),     resolved.at("learning_rate"), resolved.at("weight_decay"),
          resolved.at("beta1"),     resolved.at("beta2"),         resolved.at("warmup"),
          resolved.at("grad_clip"), resolved.at("schedule"),      resolved.at("checks")};
}

double learning_rate(const TrainConfig& config, int64_t step, int64_t steps) {
  const double peak = 2 * config.learning_rate, start = peak / 25, end = start / 1e4;
  const double share = steps > 1 ? static_cast<double>(step) / static_cast<double>(steps - 1) : 1;
  const auto cosine = [](double from, double to, double at) {
    return to + (from - to) * (1 + std::cos(std::numbers::pi * at)) / 2;
  };
  if (config.schedule == "constant") return config.learning_rate;
  if (config.schedule == "cosine") return cosine(config.learning_rate, 0, share);
  if (share < config.warmup) return cosine(start, peak, share / config.warmup);
  return cosine(peak, end, config.warmup < 1 ? (share - config.warmup) / (1 - config.warmup) : 1);
}

std::vector<Trained> train(Network& network, const Dataset& data, const std::vector<MemberData>& members,
                           const TrainConfig& config) {
  Parameters& parameters = network.parameters();
  const int64_t stack = parameters.stack();
  check(std::ssize(members) == stack, "one stream of data per member");
  const auto length = std::ssize(members[0].order);
  check(length > 0 && length % config.batch == 0, "orders hold whole batches");
  std::vector<std::span<const int64_t>> validation;
  for (const MemberData& member : members) {
    check(std::ssize(member.order) == length && member.validation.size() == members[0].validation.size(),
          "stacked members take equally many steps and validation items");
    validation.emplace_back(member.validation);
  }
  const int64_t steps = length / config.batch;

  std::vector<at::Tensor> orders;
  for (const MemberData& member : members)
    orders.push_back(to_tensor(member.order, parameters.device()).view({steps, 1, config.batch}));
  const auto schedule = at::cat(orders, 1).reshape({steps, stack * config.batch});  // [steps, K * batch]
  const auto values = parameters.values();
  for (const at::Tensor& value : values) const_cast<at::Tensor&>(value).requires_grad_(true);
  AdamW optimizer(values, {config.beta1, config.beta2, 1e-8, config.weight_decay});
  BestKeeper best(parameters);
  std::vector<Trained> results(static_cast<size_t>(stack));
  for (int64_t step = 1; step <= steps; ++step) {
    Pass pass{.training = true, .auxiliary = {}, .gates = {}, .choices = {}};
    const at::Tensor losses = member_losses(network, data, schedule[step - 1], stack, pass).loss;
    at::Tensor objective = losses.sum();
    if (pass.auxiliary.defined()) objective = objective + pass.auxiliary;
    auto gradients = torch::autograd::grad({objective}, values, {}, std::nullopt, false, /*allow_unused=*/true);
    if (config.grad_clip > 0) clip(gradients, config.grad_clip);
    optimizer.step(gradients, learning_rate(config, step - 1, steps));
    if (!check_due(step, steps, config.checks)) continue;
    std::vector<Checked> checked(static_cast<size_t>(stack));
    if (!validation[0].empty()) checked = check_stack(network, data, validation);
    for (int64_t member = 0; member < stack; ++member) {
      Trained& result = results[static_cast<size_t>(member)];
      const double train_loss = losses[member].item<double>();
      const double loss = validation[0].empty() ? train_loss : checked[static_cast<size_t>(member)].loss;
      result.checks.push_back({step, train_loss, loss, checked[static_cast<size_t>(member)].accuracy});
      result.diverged = result.diverged || !std::isfinite(loss);
      if (best.offer(member, loss)) result.best_step = step;
    }
  }
  for (const at::Tensor& value : values) const_cast<at::Tensor&>(value).requires_grad_(false);
  best.restore();
  return results;
}

}  // namespace loom
