// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/adamw.h"

#include <cmath>

#include "harness/engine/adamw_update.h"
#include "harness/error.h"

namespace loom {

AdamW::AdamW(std::vector<at::Tensor> parameters, const AdamWSettings& settings)
    : parameters_(std::move(parameters)), settings_(settings) {
  for (const at::Tensor& parameter : parameters_) {
    check(parameter.is_contiguous(), "parameters are contiguous");
    first_.push_back(at::zeros_like(parameter));
    second_.push_back(at::zeros_like(parameter));
  }
}

void AdamW::step(const std::vector<at::Tensor>& gradients, double learning_rate) {
  at::NoGradGuard no_grad;
  ++steps_;
  const auto time = static_cast<double>(steps_);
  const double correction1 = 1 - std::pow(settings_.beta1, time), correction2 = 1 - std::pow(settings_.beta2, time);
  const AdamWStep step{static_cast<float>(settings_.beta1),
                       static_cast<float>(settings_.beta2),
                       static_cast<float>(1 - learning_rate * settings_.weight_decay),
                       static_cast<float>(learning_rate / correction1),
                       static_cast<float>(1 / std::sqrt(correction2)),
                       static_cast<float>(settings_.epsilon)};
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor gradient = gradients[i].defined() ? gradients[i].contiguous() : at::zeros_like(parameters_[i]);
    if (parameters_[i].is_cpu()) {
      adamw_update(parameters_[i].data_ptr<float>(), first_[i].data_ptr<float>(), second_[i].data_ptr<float>(),
                   gradient.data_ptr<float>(), parameters_[i].numel(), step);
    } else {
      first_[i].mul_(settings_.beta1).add_(gradient, 1 - settings_.beta1);
      second_[i].mul_(settings_.beta2).addcmul_(gradient, gradient, 1 - settings_.beta2);
      parameters_[i]
          .mul_(step.decay)
          .addcdiv_(first_[i], second_[i].sqrt().mul_(step.second_scale).add_(step.epsilon), -step.step_size);
    }
  }
}

}  // namespace loom
