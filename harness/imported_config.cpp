// SPDX-License-Identifier: Apache-2.0
#include "harness/imported_config.h"

#include <algorithm>

#include "harness/arms.h"
#include "harness/utf8.h"

namespace loom::imported_config {
namespace {

constexpr const char* kName = "imported";
constexpr const char* kAll = "all";
constexpr int kEverySeed = 1000;  // the most a config can ask for; the files hold as many as they hold

Node list_of(Node value) {
  Node list{.kind = Node::Kind::list, .mark = value.mark, .text = {}, .quoted = false, .items = {}, .entries = {}};
  list.items.push_back(std::move(value));
  return list;
}

Node map_of(const std::string& key, Node value) {
  Node map{.kind = Node::Kind::map, .mark = value.mark, .text = {}, .quoted = false, .items = {}, .entries = {}};
  const Mark mark = value.mark;
  map.entries.push_back({key, mark, std::move(value)});
  return map;
}

Node text_of(const std::string& text, const Mark& mark) {
  return {.kind = Node::Kind::scalar, .mark = mark, .text = text, .quoted = false, .items = {}, .entries = {}};
}

// The one arm where the config lists none: every model of the files.
Node every_model(const Mark& mark) { return list_of(text_of(kName, mark)); }

}  // namespace

std::vector<Facts> facts() {
  Facts suite;
  suite.kind = "suite";
  suite.name = kName;
  suite.summary = "predictions made elsewhere, from files: JSONL, safetensors or LLMRouterBench's records";
  suite.fields = {{.name = "path",
                   .type = FieldType::text,
                   .required = true,
                   .doc = "a file or folder of outcomes; docs/imported.md"}};
  Facts architecture;
  architecture.kind = "architecture";
  architecture.name = kName;
  architecture.summary = "models whose predictions were made elsewhere, alone or under a combiner";
  architecture.fields = {
      {.name = "members", .type = FieldType::text, .fallback = Json::array({kAll}), .doc = "models by name, or all"},
      {.name = "combiner",
       .type = FieldType::component,
       .component = "combiner",
       .doc = "makes a fabric of the members; null: each is an arm of its own"}};
  return {std::move(architecture), std::move(suite)};
}

bool is_imported(const Json& component) {
  return component.is_object() && component.contains("name") && component.at("name") == kName;
}

Node suite_entry(const Node& entry) {
  if (entry.kind != Node::Kind::map || entry.find("suite") != nullptr || entry.find(kName) == nullptr) return entry;
  Node out = entry;
  for (Node::Entry& item : out.entries)
    if (item.key == kName) item = {"suite", item.mark, map_of(kName, item.value)};
  return out;
}

std::optional<Node> suites_of_arms(const Node& root) {
  const Node* arms = root.find("arms");
  if (root.find("suites") != nullptr || arms == nullptr || arms->kind != Node::Kind::list || arms->items.empty())
    return std::nullopt;
  Node suites{.kind = Node::Kind::list, .mark = arms->mark, .text = {}, .quoted = false, .items = {}, .entries = {}};
  for (const Node& arm : arms->items) {
    const Node* path = arm.kind == Node::Kind::map && arm.entries.size() == 1 ? arm.find(kName) : nullptr;
    if (path == nullptr || path->kind != Node::Kind::scalar) return std::nullopt;
    suites.items.push_back(suite_entry(arm));
  }
  Node out = root;
  for (Node::Entry& entry : out.entries)
    if (entry.key == "arms") entry = {"suites", entry.mark, suites};
  return out;
}

Node arm_entry(const Node& arm) {
  if (arm.kind != Node::Kind::map || arm.entries.size() != 1 || arm.entries[0].key != kName) return arm;
  Node out = arm;
  Node& value = out.entries[0].value;
  if (value.kind == Node::Kind::scalar) value = map_of("members", value);
  if (value.kind != Node::Kind::map) return arm;
  for (Node::Entry& entry : value.entries)
    if (entry.key == "members" && entry.value.kind == Node::Kind::scalar) entry.value = list_of(entry.value);
  return out;
}

std::string arm_label(const Json& component) {
  const auto members = component.at("members").get<std::vector<std::string>>();
  const Json& combiner = component.at("combiner");
  const bool all = members == std::vector<std::string>{kAll};
  if (combiner.is_null() && members.size() == 1 && !all) return members[0];
  const std::string what = combiner.is_null() ? "models" : combiner.at("name").get<std::string>();
  if (all) return combiner.is_null() ? "all models" : what;
  const std::string label = what + " of " + joined(members);
  return character_count(label) <= kLabelMax ? label : what + " of " + std::to_string(members.size()) + " models";
}

void resolve_suite(const Scope& scope, const Finder& find, SuiteConfig& suite) {
  for (const char* key : {"reference", "samples", "train", "free"})
    if (const Node* node = find(key))
      scope.diagnostics.error(node->mark, std::string("imported outcomes have no '") + key + "': nothing is trained",
                              "remove it", "a suite of imported outcomes takes arms, label, margin, seeds");
  if (const Node* node = find("columns")) {
    const bool free = std::ranges::any_of(node->items, [](const Node& item) { return item.text == "free"; });
    if (!free)
      scope.diagnostics.error(node->mark, "imported outcomes have no size that could match a budget",
                              "write columns: [free], or nothing", "their only column is free");
  }
  suite.columns = {"free"};
  suite.samples = 0;
  suite.reference = {};
  if (find("seeds") == nullptr) suite.seeds = kEverySeed;
  const Node every = every_model({});
  const Node* list = find("arms");
  suite.arms = resolve_arms(scope, list != nullptr ? *list : every, nullptr);
}

void check_arms(const Scope& scope, const Node& list, const SuiteConfig& suite) {
  const bool wanted = is_imported(suite.suite);
  for (const ArmConfig& arm : suite.arms) {
    if (is_imported(arm.component) == wanted) continue;
    const std::string name = arm.component.at("name").get<std::string>();
    scope.diagnostics.error(
        list.mark,
        wanted ? "arm '" + arm.label + "': " + name + " is trained, and imported outcomes have no inputs"
               : "arm '" + arm.label + "': there are no imported outcomes in suite '" + suite.label + "'",
        wanted ? "write imported, {imported: MODEL} or {imported: {members: [...], combiner: NAME}}"
               : "write suites: [{imported: PATH}]",
        "(loom show imported)");
  }
}

}  // namespace loom::imported_config
