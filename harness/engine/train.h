// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "harness/engine/data.h"
#include "harness/engine/network.h"

namespace loom {

class Checkpoint;

// How every member of every arm is trained; from the config's `train` section.
struct TrainConfig {
  int64_t batch = 64;
  double learning_rate = 2e-3, weight_decay = 0.01, beta1 = 0.9, beta2 = 0.999, warmup = 0.3, grad_clip = 0;
  std::string schedule = "one_cycle";  // one_cycle (Smith 2018, cosine, peak 2 x learning_rate) | cosine | constant
  int64_t checks = 5;                  // validation passes, evenly spaced, the last at the end
};
TrainConfig train_config(const Json& resolved);
Json to_json(const TrainConfig& config);
double learning_rate(const TrainConfig& config, int64_t step, int64_t steps);  // step 0 .. steps - 1

// Whose outputs a network learns beside the targets: trained members, stacks of one (Hinton et al. 2015). The loss is
// (1 - share) * cross-entropy + share * temperature^2 * KL(teacher || student), both at the temperature.
struct Teacher {
  std::vector<std::shared_ptr<Network>> members;
  bool by_domain = false;  // the item's domain's member; else the mean of all probabilities
  double temperature = 1, share = 0;
  at::Tensor log_probs(const Dataset& data, const at::Tensor& items) const;  // [R, V] or [R, T, V]
};

// Which parameters a run changes. The plain network is the same one with dense slots.
enum class Trains {
  everything,
  added,       // what the plain network does not have: gates, changes of low rank
  last_expert  // of that, and of what has an expert axis there, the last expert's part
};
Trains trains_from_name(std::string_view name);
std::string_view name(Trains trains);

// One member's own stream of data.
struct MemberData {
  std::vector<int64_t> order;       // steps * batch item indices; empty: the network stays as it is
  std::vector<int64_t> validation;  // items of its part; may be empty
  // Of a course of the learning rate that it is a part of: the steps before it, and all; 0: its own steps are all.
  int64_t schedule_begin = 0, schedule_steps = 0;
  std::shared_ptr<const Teacher> teacher = {};  // of a stack of one
  Trains trains = Trains::everything;           // the same for a whole stack
};

struct Check {
  int64_t step = 0;
  double train_loss = 0, validation_loss = 0;  // nats per target
  double validation_accuracy = 0;              // share of targets ranked first
};
struct Trained {
  std::vector<Check> checks;
  int64_t best_step = 0;  // the checkpoint kept: lowest validation loss
  bool diverged = false;  // a loss was not finite; `best_step` is then the last finite check or 0
};

// Trains a stack in lockstep: one program whatever its size, and each member's bits depend neither on how many are
// stacked nor on which. All orders have equal length. On return the network holds each member's best checkpoint. With a
// checkpoint a run that was killed goes on where it was saved and ends in the same bits.
std::vector<Trained> train(Network& network, const Dataset& data, const std::vector<MemberData>& members,
                           const TrainConfig& config, Checkpoint* checkpoint = nullptr);

// FLOPs counted at the dispatcher for one training step (forward, backward) of one member, and for the forward of one
// item. The backward is that of a run: a parameter that stays as it is as a whole gets no gradient.
int64_t train_step_flops(const NetworkSpec& spec, int64_t batch, Trains trains = Trains::everything);
int64_t forward_item_flops(const NetworkSpec& spec);
int64_t train_flops(const NetworkSpec& spec, const TrainConfig& config, int64_t steps, int64_t validation_items,
                    Trains trains = Trains::everything);  // all of a member's

}  // namespace loom
