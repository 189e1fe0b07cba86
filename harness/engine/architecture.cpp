// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/architecture.h"

#include <algorithm>
#include <cmath>

#include "harness/engine/settle.h"
#include "harness/error.h"

namespace loom {

NetworkSpec RecipeContext::network(const Json& layer, int64_t tags) const {
  return {options.at("backbone"), layer, shape, tags};
}

int64_t RecipeContext::steps(double samples_of_member) const {
  return std::max<int64_t>(1, std::llround(samples_of_member / static_cast<double>(batch)));
}

TrainSpec RecipeContext::pooled(NetworkSpec network) const {
  TrainSpec spec;
  spec.network = std::move(network);
  spec.steps = steps(static_cast<double>(samples));
  return spec;
}

const Architecture& find_architecture(std::string_view name) {
  static const std::vector<Architecture> all = all_architectures();
  for (const Architecture& architecture : all)
    if (architecture.facts.name == name) return architecture;
  fail("no architecture named " + std::string(name));
}

std::unique_ptr<Model> assemble_network(Assembly& assembly) {
  const auto members = assembly.members();
  check(members.size() == 1, "this architecture deploys one network");
  return std::make_unique<NetworkModel>(members[0]);
}

Field backbone_field() {
  return {.name = "backbone",
          .type = FieldType::component,
          .fallback = "mlp",
          .component = "backbone",
          .doc = "network family and size; inherited from the reference when left out"};
}

Field combiner_field() {
  return {.name = "combiner",
          .type = FieldType::component,
          .fallback = "router",
          .component = "combiner",
          .doc = "how outputs or weights are integrated"};
}

std::string information_level(const Json& component) {
  const auto rank = [](std::string_view level) { return level == "answer" ? 2 : level == "domain" ? 1 : 0; };
  std::string level = find_architecture(component.at("name").get<std::string>()).facts.level;
  if (component.contains("combiner")) {
    const std::string& other = find_combiner(component["combiner"].at("name").get<std::string>()).facts.level;
    if (rank(other) > rank(level)) level = other;
  }
  return level;
}

std::optional<std::string> rejection(const Json& component, const TaskShape& shape) {
  const Architecture& architecture = find_architecture(component.at("name").get<std::string>());
  const std::string kind(name(shape.kind));
  const BackboneSource* backbone = nullptr;
  std::vector<const Facts*> parts = {&architecture.facts};
  if (component.contains("backbone") && architecture.members != nullptr) {
    backbone = &find_backbone(component["backbone"].at("name").get<std::string>());
    parts.push_back(&backbone->facts);
  }
  if (component.contains("combiner"))
    parts.push_back(&find_combiner(component["combiner"].at("name").get<std::string>()).facts);
  for (const Facts* facts : parts) {
    if (std::ranges::find(facts->inputs, kind) == facts->inputs.end())
      return facts->kind + " " + facts->name + " does not take " + kind + " input";
    if (kind == "tokens" && !facts->causal)
      return facts->kind + " " + facts->name + " would see bytes that it is to predict";
  }
  if (backbone != nullptr && backbone->reject != nullptr)
    if (const auto reason = backbone->reject(shape)) return reason;
  if (shape.held_out > 0 && information_level(component) == "domain")
    return "the test has domains that nobody was trained on, and it answers by the domain's number";
  if (architecture.reject != nullptr)
    if (auto reason = architecture.reject(component, shape)) return reason;
  return weights_missing(component, shape);
}

}  // namespace loom
