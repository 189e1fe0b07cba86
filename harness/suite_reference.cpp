// SPDX-License-Identifier: Apache-2.0
#include "harness/suite_reference.h"

#include <nlohmann/json.hpp>

#include "harness/arms.h"
#include "harness/closed_worlds.h"

namespace loom {
namespace suite_reference_detail {
namespace {

struct Reference {
  ArmConfig arm;
  std::optional<int64_t> samples;
  Mark samples_mark;
};

std::optional<int64_t> read_samples(const Scope& scope, const Node& node, const std::string& owner) {
  Field field = config_field("", "samples");
  field.required = true;
  const Json value = resolve_field(scope, field, node, {owner + "samples", "samples"});
  return value.is_null() ? std::nullopt : std::optional(value.get<int64_t>());
}

Reference read_reference(const Scope& scope, const Node& node) {
  Reference out;
  Node arm_node = node;
  std::erase_if(arm_node.entries, [&](const Node::Entry& entry) {
    if (entry.key != "samples") return false;
    out.samples = read_samples(scope, entry.value, "reference.");
    out.samples_mark = entry.mark;
    return true;
  });
  Arm arm;
  if (node.kind != Node::Kind::map || arm_node.entries.empty()) {
    scope.diagnostics.error(node.mark, "reference: expected one architecture and samples, got " + description(node),
                            "write {dense: {...}, samples: N}",
                            config_field("", "reference").doc + "   (loom show reference)");
  } else if (resolve_arm(scope, arm_node, nullptr, true, arm)) {
    const std::string label = arm.label.empty() ? arm.component.at("name").get<std::string>() : arm.label;
    out.arm = {label, std::move(arm.component)};
  }
  return out;
}

std::optional<int64_t> level_samples(const Scope& scope, const Node& level, const std::string& owner,
                                     const std::optional<Reference>& reference) {
  const Node* direct = level.find("samples");
  if (direct == nullptr) return reference ? reference->samples : std::nullopt;
  if (reference && reference->samples) {
    scope.diagnostics.error(direct->mark, "the number of samples is set twice", "remove one of the two",
                            "(loom show samples)");
    scope.diagnostics.note(reference->samples_mark, "the first is here");
  }
  return read_samples(scope, *direct, owner);
}

}  // namespace
}  // namespace suite_reference_detail

void resolve_reference(const Scope& scope, const Node& root, const Node* entry, SuiteConfig& suite, bool needed) {
  using namespace suite_reference_detail;
  const size_t told = scope.diagnostics.told();
  const Node* const top_node = root.find("reference");
  const Node* const own_node = entry != nullptr ? entry->find("reference") : nullptr;
  const Node* const node = own_node != nullptr ? own_node : top_node;
  std::optional<Reference> top, own;
  if (top_node != nullptr) top = read_reference(scope, *top_node);
  if (own_node != nullptr) own = read_reference(scope, *own_node);
  const auto own_samples = entry != nullptr ? level_samples(scope, *entry, "suite.", own) : std::nullopt;
  const auto samples = own_samples ? own_samples : level_samples(scope, root, "", top);
  suite.samples = samples.value_or(0);
  if (node != nullptr) {
    suite.reference = own ? own->arm : top->arm;
    refuse_planted_reference(scope, suite.reference, node->mark);
  }
  if (scope.diagnostics.told() > told || !needed) return;
  if (node == nullptr) {
    scope.diagnostics.error({root.mark.file}, "no 'reference'", "write reference: {dense: {...}, samples: N}",
                            config_field("", "reference").doc + "   (loom show reference)");
  } else if (!samples) {
    scope.diagnostics.error(node->mark, "the reference has no number of samples",
                            "write samples: N beside the architecture",
                            config_field("", "samples").doc + "   (loom show samples)");
  }
}

}  // namespace loom
