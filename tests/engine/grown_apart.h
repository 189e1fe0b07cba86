// SPDX-License-Identifier: Apache-2.0
// Experts of one network that were trained apart, on networks of one slot: anchored, routed_deltas.
#pragma once

#include <string>
#include <vector>

#include "tests/engine/support.h"

namespace loom::grown_apart {

using namespace loom::engine_test;

inline constexpr uint64_t kOwnersSeed = 5;

inline Json one_slot_arm(const std::string& architecture) {
  Json component = variants("architecture", architecture, Stub::vector).at(0);
  component["backbone"] = one_hidden_layer(Stub::vector);
  component["partition"] = {{"name", "domain"}};
  return component;
}

// Every run of the recipe, deployed or not.
inline std::vector<std::shared_ptr<Network>> all_runs(const LoadedSuite& suite, Recipe recipe) {
  for (TrainSpec& spec : recipe.specs) spec.deployed = true;
  return trained_members(suite, recipe, quick_training(), kOwnersSeed);
}

inline at::Tensor parameter(const Network& network, const std::string& name) {
  for (size_t i = 0; i < network.parameters().size(); ++i)
    if (network.parameters().name(i) == name) return network.parameters()[i][0];
  FAIL("no parameter " << name);
  return {};
}

}  // namespace loom::grown_apart
