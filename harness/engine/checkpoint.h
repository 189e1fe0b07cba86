// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "harness/safetensors.h"

namespace loom {

// The unfinished state of one long training run, so that a killed one goes on: a file of its own, replaced whole at
// most every `every_s` seconds. Damaged or foreign bytes count as absent: the run then starts over.
class Checkpoint {
 public:
  Checkpoint(std::filesystem::path file, double every_s);
  virtual ~Checkpoint() = default;
  bool due() const;
  virtual void save(const Arrays& state);
  std::optional<Arrays> load() const;
  void remove() const;  // once what it was for is committed

 private:
  std::filesystem::path file_;
  std::chrono::duration<double> every_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace loom
