// SPDX-License-Identifier: Apache-2.0
#include "harness/arms.h"

#include <map>
#include <nlohmann/json.hpp>

#include "harness/components.h"
#include "harness/imported_config.h"
#include "harness/utf8.h"

namespace loom {
namespace arms_detail {
namespace {

constexpr size_t kArmsMax = 256;

Node* first_sweep(Node& node) {
  if (is_sweep(node)) return &node;
  for (Node& item : node.items) {
    if (Node* found = first_sweep(item)) return found;
  }
  for (Node::Entry& entry : node.entries) {
    if (Node* found = first_sweep(entry.value)) return found;
  }
  return nullptr;
}

// False when the arm is refused.
bool expand(const Scope& scope, Node arm, std::vector<Node>& out) {
  Node* sweep = first_sweep(arm);
  if (sweep == nullptr) {
    out.push_back(std::move(arm));
    return true;
  }
  const Node values = sweep->entries.front().value;
  if (values.kind != Node::Kind::list || values.items.empty()) {
    scope.diagnostics.error(values.mark, "sweep: expected a list of values, got " + description(values),
                            "write {sweep: [a, b]}", "(loom show arms)");
    return false;
  }
  for (const Node& value : values.items) {
    if (out.size() >= kArmsMax) {
      scope.diagnostics.error(sweep->mark, "these sweeps give more than 256 arms or suites", "", "(loom show arms)");
      return false;
    }
    Node copy = arm;
    *first_sweep(copy) = value;
    if (!expand(scope, std::move(copy), out)) return false;
  }
  return true;
}

bool resolve_wrapped(const Scope& scope, const Node& node, Arm& arm) {
  for (const Node::Entry& entry : node.entries) {
    if (entry.key == "label") {
      arm.label = resolve_label(scope, entry.value, "arm");
    } else if (entry.key != "component") {
      refuse_key(scope, entry, "this arm", {"component", "label"}, "arms");
    }
  }
  const auto written = read_component(scope, "architecture", *node.find("component"));
  if (!written) return false;
  arm.mark = written->mark;
  arm.component = resolve_written(scope, *written);
  return true;
}

void refuse_same_labels(const Scope& scope, const std::vector<Arm>& arms) {
  std::map<std::string, const Arm*> seen;
  for (const Arm& arm : arms) {
    const auto [first, fresh] = seen.emplace(arm.label, &arm);
    if (fresh) continue;
    const bool same = first->second->component == arm.component;
    scope.diagnostics.error(arm.mark,
                            same ? "the arm '" + arm.label + "' is listed twice with the same settings"
                                 : "two different arms have the label '" + arm.label + "'",
                            same ? "remove one, or give it a label" : "give one of them another label",
                            "labels are unique within a suite   (loom show arms)");
    scope.diagnostics.note(first->second->mark, "the first is here");
  }
}

}  // namespace
}  // namespace arms_detail

std::vector<Node> expand_sweeps(const Scope& scope, const Node& arm) {
  std::vector<Node> out;
  if (!arms_detail::expand(scope, arm, out)) out.clear();
  return out;
}

std::string resolve_label(const Scope& scope, const Node& node, const std::string& owner) {
  const Field field = {.name = "label", .type = FieldType::text, .required = true, .doc = "the name in tables"};
  const Json value = resolve_field(scope, field, node, {owner + ".label", owner == "arm" ? "arms" : owner});
  if (!value.is_string()) return "";
  std::string label = value.get<std::string>();
  if (character_count(label) > kLabelMax || label.front() == ' ' || label.back() == ' ') {
    scope.diagnostics.error(node.mark, owner + ".label: expected at most 80 characters without blanks around them", "",
                            "(loom show " + std::string(owner == "arm" ? "arms" : owner) + ")");
  }
  return label;
}

bool resolve_arm(const Scope& scope, const Node& node, const Json& backbone, bool beside, Arm& arm) {
  arm.mark = node.mark;
  if (node.kind == Node::Kind::map && node.find("component") != nullptr) {
    return arms_detail::resolve_wrapped(scope, node, arm);
  }
  auto written = read_component(scope, "architecture", node, beside);
  if (!written) return false;
  arm.mark = written->mark;
  std::erase_if(written->settings, [&](const Node::Entry* entry) {
    if (entry->key != "label") return false;
    arm.label = resolve_label(scope, entry->value, "arm");
    return true;
  });
  arm.component = resolve_written(scope, *written, backbone);
  return true;
}

std::vector<ArmConfig> resolve_arms(const Scope& scope, const Node& list, const Json& backbone) {
  using namespace arms_detail;
  const std::string help = "architectures: " + joined(scope.facts.names("architecture")) + "   (loom show arms)";
  if (list.kind != Node::Kind::list || list.items.empty()) {
    scope.diagnostics.error(list.mark, "arms: expected a list of architectures, got " + description(list),
                            is_sweep(list) ? "a sweep may stand only inside an arm or a suite's settings"
                                           : "write one arm per line: - NAME",
                            help);
    return {};
  }
  const size_t told = scope.diagnostics.told();
  std::vector<Arm> arms;
  for (size_t i = 0; i < list.items.size(); ++i) {
    const std::vector<Node> expanded = expand_sweeps(scope, imported_config::arm_entry(list.items[i]));
    for (const Node& node : expanded) {
      Arm arm;
      arm.entry = i;
      arm.swept = expanded.size() > 1;
      if (!resolve_arm(scope, node, backbone, false, arm)) continue;
      if (arm.label.empty() && imported_config::is_imported(arm.component))
        arm.label = imported_config::arm_label(arm.component);
      arms.push_back(std::move(arm));
    }
    if (arms.size() > kArmsMax) {
      scope.diagnostics.error(list.items[i].mark, "more than 256 arms", "", help);
      return {};
    }
  }
  if (scope.diagnostics.told() > told) return {};  // labels of half-resolved arms would only add noise
  label_arms(scope, arms);
  refuse_same_labels(scope, arms);
  std::vector<ArmConfig> out;
  for (Arm& arm : arms) out.push_back({std::move(arm.label), std::move(arm.component)});
  return out;
}

}  // namespace loom
