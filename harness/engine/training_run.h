// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/engine/adamw.h"
#include "harness/engine/train.h"

namespace loom {

// The best checkpoint of each member of a stack, by validation loss.
class BestKeeper {
 public:
  explicit BestKeeper(Parameters& parameters);
  bool offer(int64_t member, double loss);
  void restore();                                  // into the parameters
  std::vector<double>& losses() { return loss_; }  // [K]
  const std::vector<double>& losses() const { return loss_; }
  const std::vector<at::Tensor>& kept() const { return kept_; }

 private:
  Parameters& parameters_;
  std::vector<double> loss_;
  std::vector<at::Tensor> kept_;
};

// train() with a middle: all that changes from step to step, and how to put it down and pick it up.
class TrainingRun {
 public:
  TrainingRun(Network& network, const Dataset& data, const std::vector<MemberData>& members, const TrainConfig& config);
  bool done() const { return step_ == steps_; }
  void step();
  std::vector<Trained> finish();   // the network holds each member's best checkpoint
  Arrays save() const;             // the whole state, bit for bit
  bool load(const Arrays& state);  // false, and nothing changed, when it is of another run

 private:
  void look(const at::Tensor& losses);
  void undo_frozen();
  std::vector<std::pair<std::string, at::Tensor>> tensors() const;
  std::vector<double> numbers() const;
  void restore_numbers(const std::vector<double>& numbers);

  Network& network_;
  const Dataset& data_;
  TrainConfig config_;
  int64_t stack_, steps_ = 0, step_ = 0;
  int64_t rate_begin_ = 0, rate_steps_ = 0;  // of the learning rate's course
  std::vector<std::span<const int64_t>> validation_;
  at::Tensor schedule_;  // [steps, K * batch] items
  std::shared_ptr<const Teacher> teacher_;
  std::vector<at::Tensor> frozen_,
      start_;  // by parameter: where it must not change, and what it is there; or undefined
  std::vector<at::Tensor> values_;
  std::vector<size_t> learned_;             // of values_, those of which anything is trained
  std::vector<at::Tensor> learned_values_;  // these
  AdamW optimizer_;
  BestKeeper best_;
  std::vector<Trained> results_;
};

}  // namespace loom
