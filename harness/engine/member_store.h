// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "harness/engine/layered_model.h"
#include "harness/engine/trains.h"
#include "harness/io.h"

namespace loom {

inline std::unique_ptr<Model> member_model(std::shared_ptr<Network> network, NetworkLayers below, const Json& run) {
  if (below.empty()) return std::make_unique<NetworkModel>(std::move(network));
  return std::make_unique<LayeredModel>(std::move(below), std::move(network), run.at("below").at("temperature"));
}

// Members of one job's trials, read once.
class MemberStore {
 public:
  explicit MemberStore(std::filesystem::path store) : store_(std::move(store)) {}
  const Json& record(const std::string& id) {
    auto found = records_.find(id);
    if (found == records_.end())
      found = records_.emplace(id, parse_json(read_artefact(store_ / id, "member.json"), id)).first;
    return found->second;
  }
  const Outcomes& outcomes(const std::string& id, Split split) {
    const std::string file = "outcomes-" + std::string(name(split)) + ".safetensors";
    auto found = outcomes_.find(id + file);
    if (found == outcomes_.end())
      found = outcomes_.emplace(id + file, decode_outcomes(read_artefact(store_ / id, file), id)).first;
    return found->second;
  }
  int64_t parameters(const std::string& id) {
    const Json& network = record(id).at("run").at("network");
    const auto [found, first] = parameters_.emplace(canonical(network), 0);
    if (first) found->second = Network(network_spec_from_json(network), 1).parameter_count();
    return found->second;
  }
  // Those that the run did not leave as they were.
  int64_t trained_parameters(const std::string& id) {
    const Json& run = record(id).at("run");
    if (!run.contains("trains")) return parameters(id);
    const Network network(network_spec_from_json(run.at("network")), 1);
    const auto frozen = frozen_parts(network, trains_from_name(run["trains"].get<std::string>()));
    int64_t count = network.parameter_count();
    for (const at::Tensor& mask : frozen)
      if (mask.defined()) count -= mask.sum().item<int64_t>();
    return count;
  }
  std::shared_ptr<Network> network(const std::string& id, at::Device device) {
    const Json& run = record(id).at("run");
    return restore_network(run.at("network"), decode_safetensors(read_artefact(store_ / id, "weights.safetensors"), id),
                           device);
  }

  // Networks below a run that reads what they say; empty for any other.
  NetworkLayers below(const Json& run, at::Device device) {
    NetworkLayers layers;
    if (!run.contains("below")) return layers;
    for (const Json& ids : run["below"].at("layers")) {
      layers.emplace_back();
      for (const Json& other : ids) layers.back().push_back(network(other, device));
    }
    return layers;
  }
  // What answers an item: the member, on what is below it.
  std::unique_ptr<Model> model(const std::string& id, at::Device device) {
    const Json& run = record(id).at("run");
    return member_model(network(id, device), below(run, device), run);
  }

 private:
  std::filesystem::path store_;
  std::map<std::string, Json> records_;
  std::map<std::string, Outcomes> outcomes_;
  std::map<std::string, int64_t> parameters_;  // by network
};

}  // namespace loom
