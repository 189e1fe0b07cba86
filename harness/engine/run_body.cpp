// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/run_body.h"

namespace loom {

std::string component_key(const char* kind, const Json& component) {
  return std::string(kind) + "/" + component.at("name").get<std::string>();
}

Json run_body(const TrainSpec& spec, const std::vector<std::string>& earlier) {
  const auto ids = [&](const std::vector<int64_t>& runs) {
    Json all = Json::array();
    for (const int64_t run : runs) all.push_back(earlier[static_cast<size_t>(run)]);
    return all;
  };
  Json body = {{"network", to_json(spec.network)},
               {"partition", spec.partition},
               {"part", spec.part},
               {"begin", spec.begin},
               {"steps", spec.steps},
               {"init_index", spec.init_index},
               {"parent", spec.parent >= 0 ? earlier[static_cast<size_t>(spec.parent)] : ""}};
  if (!spec.stitched.empty()) body["stitched"] = ids(spec.stitched);
  if (!spec.shares.empty()) body["shares"] = spec.shares;
  if (spec.scaling) body["scaling"] = *spec.scaling;
  if (spec.split != Split::train) body["split"] = name(spec.split);
  if (spec.schedule_steps > 0) body["schedule"] = {{"begin", spec.schedule_begin}, {"steps", spec.schedule_steps}};
  if (spec.trains != Trains::everything) body["trains"] = name(spec.trains);
  if (!spec.teachers.empty())
    body["teacher"] = {{"by_domain", spec.teacher_by_domain},
                       {"temperature", spec.temperature},
                       {"share", spec.soft_share},
                       {"members", ids(spec.teachers)}};
  if (!spec.below.empty()) {
    body["below"] = {{"temperature", spec.temperature}, {"layers", Json::array()}};
    for (const auto& layer : spec.below) body["below"]["layers"].push_back(ids(layer));
  }
  if (spec.rounds.empty()) return body;
  body["outer"] = {{"learning_rate", spec.outer.learning_rate}, {"momentum", spec.outer.momentum}};
  for (const auto& round : spec.rounds) body["outer"]["rounds"].push_back(ids(round));
  return body;
}

std::vector<std::string> run_code(const TrainSpec& spec) {
  const NetworkSpec& network = spec.network;
  std::vector<std::string> code = {component_key("backbone", network.backbone), component_key("layer", network.layer),
                                   component_key("partition", spec.partition)};
  if (network.head.at("name") != "dense") code.push_back(component_key("layer", network.head));
  return code;
}

}  // namespace loom
