// SPDX-License-Identifier: Apache-2.0
#include "harness/suites.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/arms.h"
#include "harness/budgets.h"
#include "harness/closed_worlds.h"
#include "harness/components.h"
#include "harness/compose.h"
#include "harness/imported_config.h"
#include "harness/suite_reference.h"
#include "harness/suite_sweeps.h"
#include "harness/tune_section.h"

namespace loom {
namespace suites_detail {
namespace {

constexpr size_t kSuitesMax = 100;
constexpr size_t kFreeWidths = 4;

// One entry of `suites:` with the whole config behind it.
class SuiteResolver {
 public:
  SuiteResolver(const Scope& scope, const Node& root, const Json& statistics)
      : scope_(scope), root_(root), statistics_(statistics) {}

  SuiteConfig resolve(const Node& entry) {
    entry_ = entry.kind == Node::Kind::map ? &entry : nullptr;
    SuiteConfig suite;
    suite.suite = resolve_name(entry);
    suite.label = label(suite.suite);
    facts_ = suite.suite.is_object() ? scope_.facts.find("suite", suite.suite.at("name").get<std::string>()) : nullptr;
    if (facts_ != nullptr && is_planted(*facts_)) return resolve_planted(std::move(suite));
    if (entry_ != nullptr) refuse_planted_keys(scope_, *entry_);
    suite.columns = columns();
    suite.seeds = static_cast<int>(value("seeds").get<int64_t>());
    suite.free_widths = free_widths();
    suite.train = train();
    suite.tune = tune();
    suite.margin = margin();
    if (imported_config::is_imported(suite.suite)) {
      imported_config::resolve_suite(
          scope_, [this](std::string_view key) { return find(key); }, suite);
      top_arms_used_ = true;
    } else {
      resolve_reference(scope_, root_, entry_, suite);
      resolve_arm_list(suite);
    }
    if (const Node* list = find("arms")) imported_config::check_arms(scope_, *list, suite);
    return suite;
  }

  // Shares of the resolved entry's samples, ascending.
  std::vector<double> budgets() const {
    std::vector<double> shares = value("budgets").get<std::vector<double>>();
    std::ranges::sort(shares);
    return shares;
  }

  // Top-level values that every suite replaces are checked all the same; arms only beside their own reference. Without
  // any suite (`alone`) the reference and the arms are asked for here.
  void check_top(bool alone) {
    entry_ = nullptr;
    facts_ = nullptr;
    columns();
    value("seeds");
    free_widths();
    budgets();
    train();
    tune();
    SuiteConfig unused;
    resolve_reference(scope_, root_, nullptr, unused, alone);
    const bool unseen = root_.find("arms") != nullptr && root_.find("reference") != nullptr && !top_arms_used_;
    if (alone || unseen) resolve_arm_list(unused);
  }

 private:
  // The entry's own value, else the top level's; nullptr when neither is there.
  const Node* find(std::string_view key) const {
    const Node* own = entry_ != nullptr ? entry_->find(key) : nullptr;
    return own != nullptr ? own : root_.find(key);
  }
  bool own(std::string_view key) const { return entry_ != nullptr && entry_->find(key) != nullptr; }

  SuiteConfig resolve_planted(SuiteConfig suite) {
    for (const char* key : {"reference", "samples", "train", "free", "budgets"})
      if (const Node* node = find(key)) refuse_training_key(scope_, suite.label, key, node->mark);
    suite.columns = {"free"};
    if (const Node* node = find("columns"); node != nullptr && columns() != suite.columns)
      refuse_sized_columns(scope_, suite.label, node->mark);
    suite.seeds = static_cast<int>(value("seeds").get<int64_t>());
    suite.margin = margin();
    suite.replicates = resolve_replicates(scope_, entry_ != nullptr ? entry_->find("replicates") : nullptr);
    resolve_arm_list(suite);
    if (own("search")) suite.search = resolve_search(scope_, suite, *facts_, *entry_->find("search"));
    return suite;
  }

  // Resolved with the top level's descriptor, which knows the default.
  Json value(std::string_view key) const {
    Field field = config_field("", key);
    const Node* node = find(key);
    if (node == nullptr) return resolve_default(scope_, field);
    field.required = true;
    const std::string path = (own(key) ? "suite." : "") + std::string(key);
    const Json found = resolve_field(scope_, field, *node, {path, path});
    return found.is_null() ? field.fallback : found;
  }

  Json resolve_name(const Node& entry) {
    const Field field = config_field("suite", "suite");
    if (entry_ == nullptr) return resolve_field(scope_, field, entry, {"suites", "suite"});
    for (const Node::Entry& item : entry_->entries) {
      if (find_field(config_section("suite").fields, item.key) == nullptr) refuse_key_of_suite(item);
    }
    if (const Node* name = entry_->find("suite")) return resolve_field(scope_, field, *name, {"suite", "suite"});
    const bool named = std::any_of(entry_->entries.begin(), entry_->entries.end(), [&](const Node::Entry& item) {
      return scope_.facts.find("suite", item.key) != nullptr;
    });
    if (!named) {
      scope_.diagnostics.error(entry.mark, "this entry of suites names no suite", "write {suite: NAME, ...}",
                               "suites: " + joined(scope_.facts.names("suite")) + "   (loom show suite)");
    }
    return nullptr;
  }

  void refuse_key_of_suite(const Node::Entry& item) {
    const auto known = field_names(config_section("suite").fields);
    if (scope_.facts.find("suite", item.key) == nullptr) return refuse_key(scope_, item, "suite", known, "suite");
    scope_.diagnostics.error(item.mark, "a suite entry names its suite with the key 'suite'",
                             "write suite: {" + item.key + ": ...}",
                             "keys here: " + joined(known) + "   (loom show suite)");
  }

  std::string label(const Json& suite) const {
    if (own("label")) return resolve_label(scope_, *entry_->find("label"), "suite");
    if (!suite.is_object()) return "";
    if (!suite.contains("path") || !suite.at("path").is_string()) return suite.at("name").get<std::string>();
    std::filesystem::path path = std::filesystem::path(suite.at("path").get<std::string>()).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    const std::string name = path.filename().string();
    return name.empty() || name == "." || name == ".." ? suite.at("name").get<std::string>() : name;
  }

  std::vector<std::string> columns() const {
    const Json given = value("columns");
    std::vector<std::string> out;
    for (const std::string& name : config_field("", "columns").choices) {
      if (std::find(given.begin(), given.end(), name) != given.end()) out.push_back(name);
    }
    return out;
  }

  std::vector<double> free_widths() const {
    const Json widths = value("free");
    const Node* node = find("free");
    if (node != nullptr && node->kind == Node::Kind::list && node->items.size() != kFreeWidths) {
      scope_.diagnostics.error(node->mark, "free: expected four widths, got " + std::to_string(node->items.size()),
                               "write four multiples of the reference's width",
                               config_field("", "free").doc + "   (loom show free)");
    }
    return widths.get<std::vector<double>>();
  }

  // The entry's section merged over the top level's, key by key; none when neither is there.
  std::optional<Node> merged(std::string_view key) const {
    const Node* top = root_.find(key);
    if (!own(key)) return top != nullptr ? std::optional(*top) : std::nullopt;
    Node out = top != nullptr ? *top : *entry_->find(key);
    if (top != nullptr) merge_into(out, *entry_->find(key));
    return out;
  }

  Json train() const {
    const std::optional<Node> node = merged("train");
    return resolve_section(scope_, config_section("train"), node ? &*node : nullptr);
  }

  Json tune() const {
    const std::optional<Node> node = merged("tune");
    return resolve_tune(scope_, node ? &*node : nullptr);
  }

  Json margin() const {
    if (!own("margin")) return statistics_.at("margin");
    return resolve_field(scope_, config_field("suite", "margin"), *entry_->find("margin"),
                         {"suite.margin", "suite.margin"});
  }

  void resolve_arm_list(SuiteConfig& suite) {
    const Node* list = find("arms");
    top_arms_used_ = top_arms_used_ || !own("arms");
    const Json& reference = suite.reference.component;
    const Json backbone = reference.is_object() && reference.contains("backbone") ? reference.at("backbone") : Json();
    if (list != nullptr) {
      suite.arms = resolve_arms(scope_, *list, backbone);
      if (facts_ != nullptr) refuse_foreign_arms(scope_, suite, *facts_, list->mark);
    } else {
      scope_.diagnostics.error({root_.mark.file}, "no 'arms'", "write arms: [dense, ...]",
                               "architectures: " + joined(scope_.facts.names("architecture")) + "   (loom show arms)");
    }
  }

  const Scope& scope_;
  const Node& root_;
  const Json& statistics_;
  const Node* entry_ = nullptr;
  const Facts* facts_ = nullptr;  // of the suite; nullptr where it is not known
  bool top_arms_used_ = false;
};

Json arm_json(const ArmConfig& arm) { return {{"label", arm.label}, {"component", arm.component}}; }

}  // namespace
}  // namespace suites_detail

std::vector<SuiteConfig> resolve_suites(const Scope& scope, const Node& config, const Json& statistics) {
  using namespace suites_detail;
  const std::optional<Node> by_arms = imported_config::suites_of_arms(config);
  const Node& root = by_arms ? *by_arms : config;
  const Node* list = root.find("suites");
  const std::string help = "suites: " + joined(scope.facts.names("suite")) + "   (loom show suite)";
  SuiteResolver resolver(scope, root, statistics);
  std::vector<SuiteConfig> suites;
  if (list == nullptr) {
    scope.diagnostics.error({root.mark.file}, "no 'suites'", "write suites: [NAME, ...]", help);
  } else if (list->kind != Node::Kind::list || list->items.empty() || list->items.size() > kSuitesMax) {
    scope.diagnostics.error(list->mark, "suites: expected a list of 1 to 100 suites, got " + description(*list),
                            "write [NAME, ...]", help);
  } else {
    std::map<std::string, Mark> seen;
    std::vector<Node> entries;  // resolved entries refer to them
    for (const Node& item : list->items)
      for (Node& entry : expanded_entries(scope, imported_config::suite_entry(item)))
        entries.push_back(std::move(entry));
    for (const Node& entry : entries) {
      suites.push_back(resolver.resolve(entry));
      const SuiteConfig full = suites.back();
      if (full.samples > 0)
        for (SuiteConfig& smaller : smaller_budgets(full, resolver.budgets())) suites.push_back(std::move(smaller));
      const std::string& label = full.label;
      const auto [first, fresh] = seen.emplace(label, entry.mark);
      if (fresh || label.empty()) continue;
      scope.diagnostics.error(entry.mark, "two suites are called '" + label + "'", "give one of them a label", help);
      scope.diagnostics.note(first->second, "the first is here");
    }
  }
  resolver.check_top(/*alone=*/suites.empty());
  return suites;
}

Json to_json(const SuiteConfig& suite) {
  Json arms = Json::array();
  for (const ArmConfig& arm : suite.arms) arms.push_back(suites_detail::arm_json(arm));
  if (suite.replicates > 0)
    return {{"label", suite.label},   {"suite", suite.suite},  {"columns", suite.columns},
            {"seeds", suite.seeds},   {"arms", arms},          {"replicates", suite.replicates},
            {"search", suite.search}, {"margin", suite.margin}};
  if (imported_config::is_imported(suite.suite))
    return {{"label", suite.label}, {"suite", suite.suite}, {"columns", suite.columns},
            {"seeds", suite.seeds}, {"arms", arms},         {"margin", suite.margin}};
  Json out = {
      {"label", suite.label},  {"suite", suite.suite},      {"columns", suite.columns},
      {"seeds", suite.seeds},  {"samples", suite.samples},  {"reference", suites_detail::arm_json(suite.reference)},
      {"arms", arms},          {"free", suite.free_widths}, {"train", suite.train},
      {"margin", suite.margin}};
  if (!suite.tune.is_null()) out["tune"] = suite.tune;
  return out;
}

}  // namespace loom
