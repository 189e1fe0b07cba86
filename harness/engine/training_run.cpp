// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/training_run.h"

#include <cmath>
#include <cstring>

#include "harness/engine/losses.h"
#include "harness/engine/trains.h"
#include "harness/error.h"

namespace loom {
namespace training_run_detail {

bool check_due(int64_t step, int64_t steps, int64_t checks) {  // `step` (1-based) ends one of the even stretches
  return step * checks / steps != (step - 1) * checks / steps;
}

Array array_of(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().to(at::kCPU).contiguous();
  return make_f32(plain.sizes().vec(), plain.data_ptr<float>());
}

Array doubles(const std::vector<double>& values) {
  Array array{DType::f64, {std::ssize(values)}, std::string(values.size() * sizeof(double), '\0')};
  std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
  return array;
}

std::vector<double> doubles(const Array& array) {
  std::vector<double> values(array.bytes.size() / sizeof(double));
  std::memcpy(values.data(), array.bytes.data(), values.size() * sizeof(double));
  return values;
}

}  // namespace training_run_detail

using namespace training_run_detail;

BestKeeper::BestKeeper(Parameters& parameters)
    : parameters_(parameters), loss_(static_cast<size_t>(parameters.stack()), INFINITY) {
  at::NoGradGuard no_grad;
  for (const at::Tensor& value : parameters.values()) kept_.push_back(value.detach().clone());
}

bool BestKeeper::offer(int64_t member, double loss) {
  if (!(loss < loss_[static_cast<size_t>(member)])) return false;
  at::NoGradGuard no_grad;
  loss_[static_cast<size_t>(member)] = loss;
  for (size_t i = 0; i < kept_.size(); ++i) kept_[i].select(0, member).copy_(parameters_[i].select(0, member));
  return true;
}

void BestKeeper::restore() {
  at::NoGradGuard no_grad;
  for (size_t i = 0; i < kept_.size(); ++i) const_cast<at::Tensor&>(parameters_[i]).copy_(kept_[i]);
}

TrainingRun::TrainingRun(Network& network, const Dataset& data, const std::vector<MemberData>& members,
                         const TrainConfig& config)
    : network_(network),
      data_(data),
      config_(config),
      stack_(network.parameters().stack()),
      values_(network.parameters().values()),
      optimizer_(values_, {config.beta1, config.beta2, 1e-8, config.weight_decay}),
      best_(network.parameters()),
      results_(static_cast<size_t>(stack_)) {
  check(std::ssize(members) == stack_, "one stream of data per member");
  const auto length = std::ssize(members[0].order);
  check(length % config.batch == 0, "orders hold whole batches");
  steps_ = length / config.batch;
  teacher_ = members[0].teacher;
  for (const MemberData& member : members)
    check(member.teacher == nullptr || stack_ == 1, "a network with a teacher learns alone");
  frozen_ = frozen_parts(network, members[0].trains);
  for (size_t i = 0; i < frozen_.size(); ++i)
    start_.push_back(frozen_[i].defined() ? values_[i].detach().clone() : at::Tensor());
  learned_ = learned_parts(network, frozen_);
  for (const size_t part : learned_) learned_values_.push_back(values_[part].requires_grad_(true));
  rate_begin_ = members[0].schedule_begin;
  rate_steps_ = members[0].schedule_steps > 0 ? members[0].schedule_steps : steps_;
  std::vector<at::Tensor> orders;
  for (const MemberData& member : members) {
    check(std::ssize(member.order) == length && member.validation.size() == members[0].validation.size(),
          "stacked members take equally many steps and validation items");
    check(member.schedule_begin == rate_begin_ && member.schedule_steps == members[0].schedule_steps,
          "stacked members stand at one place of their schedules");
    validation_.emplace_back(member.validation);
    orders.push_back(to_tensor(member.order, network.parameters().device()).view({steps_, 1, config.batch}));
  }
  schedule_ = at::cat(orders, 1).reshape({steps_, stack_ * config.batch});
}

void TrainingRun::step() {
  Pass pass{.training = true, .auxiliary = {}, .gates = {}, .choices = {}, .step = step_};
  const at::Tensor losses = member_losses(network_, data_, schedule_[step_], stack_, pass, teacher_.get()).loss;
  at::Tensor objective = losses.sum();
  if (pass.auxiliary.defined()) objective = objective + pass.auxiliary;
  auto found = torch::autograd::grad({objective}, learned_values_, {}, std::nullopt, false, /*allow_unused=*/true);
  std::vector<at::Tensor> gradients(values_.size());
  for (size_t i = 0; i < found.size(); ++i) gradients[learned_[i]] = std::move(found[i]);
  for (size_t i = 0; i < frozen_.size(); ++i)  // what stays as it is has no part in a norm
    if (frozen_[i].defined() && gradients[i].defined()) gradients[i] = gradients[i].masked_fill(frozen_[i], 0);
  if (config_.grad_clip > 0) clip(gradients, config_.grad_clip);
  optimizer_.step(gradients, learning_rate(config_, rate_begin_ + step_, rate_steps_));
  undo_frozen();
  ++step_;
  if (check_due(step_, steps_, config_.checks)) look(losses.detach());
}

// After the step and not by leaving gradients out: decay and momentum move what has none.
void TrainingRun::undo_frozen() {
  at::NoGradGuard no_grad;
  for (size_t i = 0; i < start_.size(); ++i)
    if (start_[i].defined()) const_cast<at::Tensor&>(values_[i]).copy_(at::where(frozen_[i], start_[i], values_[i]));
}

void TrainingRun::look(const at::Tensor& losses) {
  std::vector<Checked> checked(static_cast<size_t>(stack_));
  if (!validation_[0].empty()) checked = check_stack(network_, data_, validation_);
  for (int64_t member = 0; member < stack_; ++member) {
    Trained& result = results_[static_cast<size_t>(member)];
    const double train_loss = losses[member].item<double>();
    const double loss = validation_[0].empty() ? train_loss : checked[static_cast<size_t>(member)].loss;
    result.checks.push_back({step_, train_loss, loss, checked[static_cast<size_t>(member)].accuracy});
    result.diverged = result.diverged || !std::isfinite(loss);
    if (best_.offer(member, loss)) result.best_step = step_;
  }
}

std::vector<Trained> TrainingRun::finish() {
  for (const at::Tensor& value : values_) const_cast<at::Tensor&>(value).requires_grad_(false);
  best_.restore();
  return results_;
}

std::vector<std::pair<std::string, at::Tensor>> TrainingRun::tensors() const {
  std::vector<std::pair<std::string, at::Tensor>> all;
  for (size_t i = 0; i < values_.size(); ++i) {
    const std::string index = std::to_string(i);
    all.emplace_back("value." + index, values_[i]);
    all.emplace_back("first." + index, optimizer_.first()[i]);
    all.emplace_back("second." + index, optimizer_.second()[i]);
    all.emplace_back("best." + index, best_.kept()[i]);
  }
  return all;
}

std::vector<double> TrainingRun::numbers() const {
  std::vector<double> all = {static_cast<double>(steps_), static_cast<double>(step_)};
  for (size_t k = 0; k < results_.size(); ++k) {
    const Trained& result = results_[k];
    all.insert(all.end(), {best_.losses()[k], static_cast<double>(result.best_step), result.diverged ? 1.0 : 0.0,
                           static_cast<double>(result.checks.size())});
    for (const Check& check : result.checks)
      all.insert(all.end(),
                 {static_cast<double>(check.step), check.train_loss, check.validation_loss, check.validation_accuracy});
  }
  return all;
}

void TrainingRun::restore_numbers(const std::vector<double>& numbers) {
  auto next = numbers.begin() + 1;
  const auto whole = [&] { return static_cast<int64_t>(*next++); };
  step_ = whole();
  optimizer_.set_steps(step_);
  for (size_t k = 0; k < results_.size(); ++k) {
    Trained& result = results_[k];
    best_.losses()[k] = *next++;
    result.best_step = whole();
    result.diverged = *next++ != 0;
    result.checks.resize(static_cast<size_t>(whole()));
    for (Check& check : result.checks) {
      check.step = whole();
      check.train_loss = *next++;
      check.validation_loss = *next++;
      check.validation_accuracy = *next++;
    }
  }
}

Arrays TrainingRun::save() const {
  Arrays state;
  for (const auto& [name, tensor] : tensors()) state[name] = array_of(tensor);
  state["numbers"] = doubles(numbers());
  return state;
}

bool TrainingRun::load(const Arrays& state) {
  const auto known = tensors();
  if (state.size() != known.size() + 1 || !state.contains("numbers")) return false;
  for (const auto& [name, tensor] : known) {
    const auto found = state.find(name);
    if (found == state.end() || found->second.type != DType::f32 || found->second.shape != tensor.sizes().vec())
      return false;
  }
  const std::vector<double> saved = doubles(state.at("numbers"));
  if (saved.size() < 2 || saved[0] != static_cast<double>(steps_)) return false;
  at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : known) {
    std::vector<float> values = as_f32(state.at(name));
    tensor.copy_(at::from_blob(values.data(), tensor.sizes(), at::kFloat));
  }
  restore_numbers(saved);
  return true;
}

}  // namespace loom
