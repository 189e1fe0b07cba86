// SPDX-License-Identifier: Apache-2.0
// What combiners that are fitted on outcomes share: items weigh so that domains count alike.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "harness/combiner.h"

namespace loom::combiners {

// Weight of each position [items * steps] in the macro loss: domains alike, the scored positions of one alike; 0 where
// a byte is not scored. They sum to one.
inline std::vector<double> macro_weights(const Outcomes& said, int64_t domains) {
  const auto steps = static_cast<size_t>(said.steps);
  std::vector<double> count(static_cast<size_t>(domains)), weights(said.target_log_prob.size());
  const auto domain_of = [&](size_t at) { return static_cast<size_t>(said.domain[at / steps]); };
  for (size_t at = 0; at < weights.size(); ++at)
    if (said.target[at] >= 0) count[domain_of(at)] += 1;
  double present = 0;
  for (const double positions : count) present += positions > 0 ? 1 : 0;
  for (size_t at = 0; at < weights.size(); ++at)
    if (said.target[at] >= 0) weights[at] = 1 / (count[domain_of(at)] * present);
  return weights;
}

// Macro loss, nats, of the mixture of `validation` by constant weights [members].
inline double mixture_loss(std::span<const Outcomes> validation, std::span<const double> importance,
                           std::span<const double> weights) {
  double loss = 0;
  for (size_t at = 0; at < importance.size(); ++at) {
    if (importance[at] == 0) continue;
    double probability = 0;
    for (size_t member = 0; member < validation.size(); ++member)
      if (weights[member] > 0)
        probability += weights[member] * std::exp(static_cast<double>(validation[member].target_log_prob[at]));
    loss -= importance[at] * std::log(std::max(probability, 1e-300));
  }
  return loss;
}

// Macro loss, nats, of each member alone.
inline std::vector<double> member_losses(std::span<const Outcomes> validation, std::span<const double> importance) {
  std::vector<double> losses;
  for (const Outcomes& said : validation) {
    double loss = 0;
    for (size_t at = 0; at < importance.size(); ++at)
      loss -= importance[at] * static_cast<double>(said.target_log_prob[at]);
    losses.push_back(loss);
  }
  return losses;
}

// A mixture by weights [members] that fit() finds, the same for every row.
class ConstantMixture : public Combiner {
 public:
  bool gated() const override { return true; }
  bool needs_fit() const override { return true; }
  void fit(const FitInput& input) override { weights_ = fitted(input); }
  void save(Json& state, Arrays&) const override { state = {{"weights", weights_}}; }
  void restore(const Json& state, const Arrays&) override { weights_ = state.at("weights").get<std::vector<double>>(); }
  void gate(const GateInput& input, std::span<float> weights) const override {
    const auto members = static_cast<size_t>(input.members);
    // Not fitted: a dry assembly, which asks for costs alone; all may be chosen.
    for (size_t at = 0; at < weights.size(); ++at)
      weights[at] = weights_.empty() ? 1.0F / static_cast<float>(members) : static_cast<float>(weights_[at % members]);
  }

 private:
  virtual std::vector<double> fitted(const FitInput& input) const = 0;

  std::vector<double> weights_;
};

}  // namespace loom::combiners
