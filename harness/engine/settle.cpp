// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/settle.h"

#include <algorithm>

#include "harness/partition.h"

namespace loom {

Json settled(Json suite_config, const TaskShape& shape) {
  const auto settle = [&](Json& component) {
    if (!component.contains("backbone") || rejection(component, shape)) return;
    Json& backbone = component["backbone"];
    const auto by = find_backbone(backbone.at("name").get<std::string>()).settle;
    if (by != nullptr) backbone = by(backbone, shape);
  };
  settle(suite_config["reference"]["component"]);
  for (Json& arm : suite_config["arms"]) settle(arm["component"]);
  return suite_config;
}

bool has_given_weights(const Json& component) {
  return component.contains("backbone") && !component["backbone"].value("weights", Json()).is_null();
}

std::optional<std::string> weights_missing(const Json& component, const TaskShape& shape) {
  const Architecture& architecture = find_architecture(component.at("name").get<std::string>());
  if (!has_given_weights(component) || architecture.members == nullptr) return std::nullopt;
  const auto even = [&](const Json& partition) {
    const int64_t parts = find_partition(partition.at("name").get<std::string>()).parts(partition, shape);
    return std::vector<double>(static_cast<size_t>(parts), 1.0 / static_cast<double>(parts));
  };
  const auto specs =
      architecture.members({.shape = shape, .options = component, .samples = 1, .batch = 1, .part_shares = even});
  const bool dense = std::ranges::all_of(specs, [](const TrainSpec& spec) {
    return spec.network.layer.at("name") == "dense" && spec.network.head.at("name") == "dense";
  });
  return dense ? std::nullopt : std::optional<std::string>("the given weights are of a dense network, without experts");
}

}  // namespace loom
