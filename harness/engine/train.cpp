// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/train.h"

#include <cmath>
#include <numbers>

#include "harness/engine/checkpoint.h"
#include "harness/engine/training_run.h"

namespace loom {

TrainConfig train_config(const Json& resolved) {
  return {resolved.at("batch"),     resolved.at("learning_rate"), resolved.at("weight_decay"),
          resolved.at("beta1"),     resolved.at("beta2"),         resolved.at("warmup"),
          resolved.at("grad_clip"), resolved.at("schedule"),      resolved.at("checks")};
}

Json to_json(const TrainConfig& config) {
  return {{"batch", config.batch},
          {"learning_rate", config.learning_rate},
          {"weight_decay", config.weight_decay},
          {"beta1", config.beta1},
          {"beta2", config.beta2},
          {"warmup", config.warmup},
          {"grad_clip", config.grad_clip},
          {"schedule", config.schedule},
          {"checks", config.checks}};
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
                           const TrainConfig& config, Checkpoint* checkpoint) {
  TrainingRun run(network, data, members, config);
  if (checkpoint != nullptr)
    if (const auto state = checkpoint->load()) run.load(*state);
  while (!run.done()) {
    run.step();
    if (checkpoint != nullptr && !run.done() && checkpoint->due()) checkpoint->save(run.save());
  }
  return run.finish();
}

}  // namespace loom
