// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "harness/arms.h"
#include "harness/error.h"
#include "harness/text_numbers.h"

namespace loom {
namespace arm_labels_detail {
namespace {

const Facts& facts_of(const Scope& scope, const std::string& kind, const Json& component) {
  const Facts* facts = scope.facts.find(kind, component.at("name").get<std::string>());
  check(facts != nullptr, "a resolved component is not in the build");
  return *facts;
}

bool is_default(const Scope& scope, const Field& field, const Json& value) {
  if (field.type != FieldType::component || value.is_null()) return value == field.fallback;
  if (value.at("name") != field.fallback) return false;
  const Facts& facts = facts_of(scope, field.component, value);
  return std::all_of(facts.fields.begin(), facts.fields.end(),
                     [&](const Field& inner) { return is_default(scope, inner, value.at(inner.name)); });
}

// `router soft`, `branch share=0.5`, `top_k=2`.
std::string setting_text(const Scope& scope, const Field& field, const Json& value) {
  if (value.is_boolean()) return field.name + (value.get<bool>() ? "=true" : "=false");
  if (value.is_number()) return field.name + "=" + number_text(value.get<double>());
  if (value.is_null()) return field.name + "=null";
  if (value.is_string()) return value.get<std::string>();
  std::string out = value.at("name").get<std::string>();
  for (const Field& inner : facts_of(scope, field.component, value).fields) {
    const Json& part = value.at(inner.name);
    if (!is_default(scope, inner, part)) out += " " + setting_text(scope, inner, part);
  }
  return out;
}

using Chosen = std::function<bool(const Arm&)>;

// The settings of `arm` whose values are not the same in all chosen arms.
std::string differing(const Scope& scope, const std::vector<Arm>& arms, const Arm& arm, const Chosen& chosen) {
  std::string out;
  for (const Field& field : facts_of(scope, "architecture", arm.component).fields) {
    const Json& value = arm.component.at(field.name);
    const bool differs = std::any_of(arms.begin(), arms.end(), [&](const Arm& other) {
      return chosen(other) && other.component.at(field.name) != value;
    });
    if (differs) out += " " + setting_text(scope, field, value);
  }
  return out;
}

}  // namespace
}  // namespace arm_labels_detail

void label_arms(const Scope& scope, std::vector<Arm>& arms) {
  using namespace arm_labels_detail;
  std::vector<std::string> labels;
  for (const Arm& arm : arms) {
    const std::string name = arm.component.at("name").get<std::string>();
    if (arm.label.empty()) {
      labels.push_back(
          name + differing(scope, arms, arm, [&](const Arm& other) { return other.component.at("name") == name; }));
    } else if (arm.swept) {
      labels.push_back(arm.label + differing(scope, arms, arm, [&](const Arm& other) {
                         return other.entry == arm.entry && other.label == arm.label &&
                                other.component.at("name") == name;
                       }));
    } else {
      labels.push_back(arm.label);
    }
  }
  for (size_t i = 0; i < arms.size(); ++i) arms[i].label = labels[i];
}

}  // namespace loom
