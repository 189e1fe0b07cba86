// SPDX-License-Identifier: Apache-2.0
#include "harness/closed_worlds.h"

#include <algorithm>

namespace loom {
namespace closed_worlds_detail {
namespace {

void refuse_search(const Scope& scope, const Node& node, const std::string& what, const std::string& hint = "") {
  scope.diagnostics.error(node.mark, what, hint, "(loom show search)");
}

void check_range(const Scope& scope, const Facts& facts, const Node& node, const Json& search) {
  const std::string name = search.at("over");
  const Field* over = find_field(facts.fields, name);
  const double low = search.at("low"), high = search.at("high");
  if (over == nullptr || over->type != FieldType::real) {
    refuse_search(scope, *node.find("over"), "search.over: " + facts.name + " has no real setting '" + name + "'");
  } else if (low >= high || low < over->min.value_or(low) || high > over->max.value_or(high)) {
    refuse_search(scope, node, "search: low and high do not span a range within that of " + name,
                  "it takes " + expectation(*over));
  }
}

void check_between(const Scope& scope, const SuiteConfig& suite, const Node& node, const Json& between) {
  std::vector<std::string> labels;
  for (const ArmConfig& arm : suite.arms) labels.push_back(arm.label);
  if (labels.empty()) return;  // their own mistakes are told already
  if (between.size() != 2 || between[0] == between[1])
    return refuse_search(scope, node, "search.between: expected two different arms", "arms here: " + joined(labels));
  for (const Json& side : between) {
    const auto label = side.get<std::string>();
    if (std::ranges::count(labels, label) > 0) continue;
    const std::string near = nearest(label, labels);
    refuse_search(scope, node, "search.between: no arm is labelled '" + label + "'",
                  near.empty() ? "arms here: " + joined(labels) : "did you mean '" + near + "'?");
  }
}

}  // namespace
}  // namespace closed_worlds_detail

void refuse_planted_keys(const Scope& scope, const Node& entry) {
  for (const std::string key : {"replicates", "search"}) {
    const Node* node = entry.find(key);
    if (node == nullptr || node->kind == Node::Kind::null) continue;
    scope.diagnostics.error(node->mark, "'" + key + "' is for planted suites", "remove it, or name a planted suite",
                            config_field("suite", key).doc + "   (loom show suite)");
  }
}

void refuse_training_key(const Scope& scope, const std::string& label, const std::string& key, const Mark& mark) {
  scope.diagnostics.error(mark, label + " is planted: '" + key + "' has no meaning for it", "remove '" + key + "'",
                          "its arms have closed forms and train nothing   (loom show " + key + ")");
}

void refuse_sized_columns(const Scope& scope, const std::string& label, const Mark& mark) {
  scope.diagnostics.error(mark, label + " is planted: it has the column free only", "write columns: [free]",
                          "its arms have no sizes that could be matched   (loom show columns)");
}

void refuse_planted_reference(const Scope& scope, const ArmConfig& reference, const Mark& mark) {
  if (!reference.component.is_object()) return;
  const std::string name = reference.component.at("name");
  if (!is_planted(*scope.facts.find("architecture", name))) return;
  scope.diagnostics.error(mark, "reference: " + name + " has no size and no training to match", "name a network",
                          "(loom show reference)");
}

void refuse_foreign_arms(const Scope& scope, const SuiteConfig& suite, const Facts& facts, const Mark& mark) {
  for (const ArmConfig& arm : suite.arms) {
    const Facts& own = *scope.facts.find("architecture", arm.component.at("name").get<std::string>());
    const bool shared = std::ranges::any_of(
        own.inputs, [&](const std::string& input) { return std::ranges::count(facts.inputs, input) > 0; });
    if (is_planted(own) == is_planted(facts) && (shared || !is_planted(own))) continue;
    scope.diagnostics.error(
        mark, "the arm '" + arm.label + "' cannot run on " + suite.label,
        own.name + " takes " + joined(own.inputs) + "; " + facts.name + " gives " + joined(facts.inputs),
        "(loom show " + own.name + ")");
  }
}

int64_t resolve_replicates(const Scope& scope, const Node* node) {
  constexpr int64_t kReplicates = 100;
  if (node == nullptr) return kReplicates;
  const std::string path = "suite.replicates";
  const Json found = resolve_field(scope, config_field("suite", "replicates"), *node, {path, path});
  return found.is_null() ? kReplicates : found.get<int64_t>();
}

Json resolve_search(const Scope& scope, const SuiteConfig& suite, const Facts& facts, const Node& node) {
  using namespace closed_worlds_detail;
  if (node.kind == Node::Kind::null) return nullptr;
  const size_t told = scope.diagnostics.told();
  const Json out = resolve_section(scope, config_section("search"), &node);
  for (const std::string key : {"over", "between"})
    if (node.kind == Node::Kind::map && node.find(key) == nullptr)
      refuse_search(scope, node, "a search needs '" + key + "'",
                    "write search: {over: similarity, between: [ARM, ARM]}");
  if (scope.diagnostics.told() > told) return out;
  check_range(scope, facts, node, out);
  check_between(scope, suite, *node.find("between"), out.at("between"));
  return out;
}

}  // namespace loom
