// SPDX-License-Identifier: Apache-2.0
#include "harness/claim_config.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/compose.h"
#include "harness/io.h"

namespace loom {
namespace claim_config_detail {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHelp = "(loom show claims)";

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  return near.empty() ? "" : "did you mean '" + near + "'?";
}

bool holds(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

std::vector<std::string> arm_labels(const SuiteConfig& suite) {
  std::vector<std::string> labels;
  for (const ArmConfig& arm : suite.arms) labels.push_back(arm.label);
  return labels;
}

// One claim; what it names is looked up among the experiment's suites.
class ClaimResolver {
 public:
  ClaimResolver(const Scope& scope, const Node& node, std::span<const SuiteConfig> suites)
      : scope_(scope), node_(node), suites_(suites) {}

  Claim resolve() {
    Node plain = node_;  // the sides have a form of their own
    std::erase_if(plain.entries, [](const Node::Entry& entry) { return entry.key == "better" || entry.key == "than"; });
    const Json values = resolve_section(scope_, config_section("claims"), &plain);
    require_keys();
    Claim claim;
    if (values.at("id").is_string()) claim.id = plain_name("id", values);
    if (values.at("question").is_string()) claim.question = values.at("question").get<std::string>();
    if (values.at("family").is_string()) claim.family = plain_name("family", values);
    if (!values.at("margin").is_null()) claim.margin = values.at("margin").get<double>();
    claim.seeds = static_cast<int>(values.at("seeds").get<int64_t>());
    if (values.at("source").is_string()) claim.source = values.at("source").get<std::string>();
    if (!values.at("published").is_null()) claim.published = values.at("published").get<double>();
    if (const Node* figure = node_.find("published"); figure != nullptr && claim.source.empty())
      error(figure->mark, "claims.published: a figure without its source", "write source: Author year", "source");
    resolve_suites(values.at("suites"), claim);
    resolve_columns(values.at("columns"), claim);
    claim.better = side("better");
    claim.than = side("than");
    if (const Node* than = node_.find("than"); than != nullptr && claim.better == claim.than && known(claim.than))
      error(than->mark, "claims.than: the same as claims.better", "", "than");
    return claim;
  }

 private:
  static bool known(const ClaimSide& side) { return !side.arm.empty() || !side.family.empty(); }

  void error(const Mark& mark, const std::string& message, const std::string& hint, const std::string& key) const {
    scope_.diagnostics.error(mark, message, hint,
                             config_field("claims", key).doc + "   (loom show claims." + key + ")");
  }

  void require_keys() const {
    for (const Field& field : config_section("claims").fields)
      if (field.required && node_.find(field.name) == nullptr)
        error(node_.mark, "this claim has no '" + field.name + "'", "write " + field.name + ": ...", field.name);
  }

  std::string plain_name(const std::string& key, const Json& values) const {
    const std::string name = values.at(key).get<std::string>();
    if (!safe_name(name))
      error(node_.find(key)->mark, "claims." + key + ": '" + name + "' is not a plain name",
            "letters, digits, '.', '_', '+' and '-', a letter or digit first", key);
    return name;
  }

  // Where the i-th item of a list stands.
  Mark item(const std::string& key, size_t index) const {
    const Node* list = node_.find(key);
    return list != nullptr && index < list->items.size() ? list->items[index].mark : node_.mark;
  }

  void resolve_suites(const Json& written, Claim& claim) {
    std::vector<std::string> labels;
    for (const SuiteConfig& suite : suites_) labels.push_back(suite.label);
    claim.suites = written.empty() ? labels : written.get<std::vector<std::string>>();
    for (size_t i = 0; i < written.size() && !labels.empty(); ++i)
      if (!holds(labels, claim.suites[i]))
        error(item("suites", i), "claims.suites: no suite '" + claim.suites[i] + "' in this experiment",
              did_you_mean(claim.suites[i], labels), "suites");
    for (const SuiteConfig& suite : suites_)
      if (holds(claim.suites, suite.label)) chosen_.push_back(&suite);
  }

  void resolve_columns(const Json& written, Claim& claim) const {
    std::vector<std::string> all;
    for (const std::string& column : config_field("", "columns").choices)
      if (std::ranges::any_of(chosen_, [&](const auto* suite) { return holds(suite->columns, column); }))
        all.push_back(column);
    claim.columns = written.empty() ? all : written.get<std::vector<std::string>>();
    if (chosen_.empty()) return;
    for (size_t i = 0; i < written.size(); ++i)
      if (!holds(all, claim.columns[i]))
        error(item("columns", i), "claims.columns: no suite of this claim has the column '" + claim.columns[i] + "'",
              "there are: " + joined(all), "columns");
  }

  ClaimSide side(const std::string& key) const {
    const Node* node = node_.find(key);
    if (node == nullptr) return {};
    if (node->kind == Node::Kind::scalar) return arm_side(key, *node);
    const Node* family = node->kind == Node::Kind::map && node->entries.size() == 1 ? node->find("family") : nullptr;
    if (family != nullptr && (family->text == "fabric" || family->text == "monolith"))
      return {.arm = {}, .family = family->text};
    const Node& wrong = family != nullptr ? *family : *node;
    error(wrong.mark, "claims." + key + ": expected an arm's label or {family: fabric}, got " + description(wrong),
          family != nullptr ? did_you_mean(family->text, {"fabric", "monolith"}) : "", key);
    return {};
  }

  ClaimSide arm_side(const std::string& key, const Node& node) const {
    for (const SuiteConfig* suite : chosen_) {
      const std::vector<std::string> labels = arm_labels(*suite);
      if (holds(labels, node.text)) continue;
      const std::string near = did_you_mean(node.text, labels);
      error(node.mark, "claims." + key + ": suite '" + suite->label + "' has no arm '" + node.text + "'",
            near.empty() ? "arms there: " + joined(labels) : near, key);
      return {};
    }
    return {.arm = node.text, .family = {}};
  }

  const Scope& scope_;
  const Node& node_;
  std::span<const SuiteConfig> suites_;
  std::vector<const SuiteConfig*> chosen_;
};

// Collects the claims of the list and of the files it names.
class ClaimList {
 public:
  ClaimList(const Scope& scope, const fs::path& config, std::span<const SuiteConfig> suites)
      : scope_(scope), config_(config), suites_(suites) {}

  void add(const Node& entry, bool files_allowed) {
    if (entry.kind == Node::Kind::map) return add_claim(entry);
    if (entry.kind == Node::Kind::scalar && files_allowed) return add_file(entry);
    scope_.diagnostics.error(
        entry.mark,
        std::string("claims: expected a claim") + (files_allowed ? " or a file" : "") + ", got " + description(entry),
        "write {id: NAME, question: ..., better: ARM, than: ARM}", kHelp);
  }

  std::vector<Claim> claims;

 private:
  void add_claim(const Node& node) {
    Claim claim = ClaimResolver(scope_, node, suites_).resolve();
    const Node* id = node.find("id");
    const auto [first, fresh] = seen_.emplace(claim.id, id != nullptr ? id->mark : node.mark);
    if (!fresh && !claim.id.empty()) {
      scope_.diagnostics.error(id->mark, "two claims are called '" + claim.id + "'", "give one of them another id",
                               kHelp);
      scope_.diagnostics.note(first->second, "the first is here");
    }
    claims.push_back(std::move(claim));
  }

  void add_file(const Node& item) {
    const auto refuse = [&](const std::string& message, const std::string& hint = "") {
      scope_.diagnostics.error(item.mark, "claims: " + message, hint, kHelp);
    };
    if (item.text.empty()) return refuse("expected a claim or a file, got " + description(item));
    if (fs::path(item.text).is_absolute()) return refuse("'" + item.text + "' is not relative to this file");
    const bool overridden = item.mark.file.starts_with("command line");
    const fs::path from = overridden ? config_ : fs::path(item.mark.file);
    const fs::path file = (from.parent_path() / item.text).lexically_normal();
    const ConfigText read = read_config(file);
    if (!read.problem.empty()) return refuse("'" + file.string() + "' " + read.problem, read.hint);
    const size_t told = scope_.diagnostics.told();
    const Node node = parse_yaml(file.string(), read.text, scope_.diagnostics);
    if (scope_.diagnostics.told() > told) return;
    if (node.kind == Node::Kind::map) return add_claim(node);
    if (node.kind != Node::Kind::list || node.items.empty()) {
      scope_.diagnostics.error(node.kind == Node::Kind::null ? Mark{file.string()} : node.mark,
                               "expected a claim or a list of claims, got " + description(node), "", kHelp);
    }
    for (const Node& entry : node.items) add(entry, /*files_allowed=*/false);
  }

  const Scope& scope_;
  const fs::path& config_;
  std::span<const SuiteConfig> suites_;
  std::map<std::string, Mark> seen_;
};

}  // namespace
}  // namespace claim_config_detail

std::vector<Claim> resolve_claims(const Scope& scope, const Node& root, const std::filesystem::path& config,
                                  std::span<const SuiteConfig> suites) {
  using namespace claim_config_detail;
  const Node* list = root.find("claims");
  if (list == nullptr) return {};
  if (list->kind != Node::Kind::list || list->items.empty() || list->items.size() > kClaimsMax) {
    scope.diagnostics.error(list->mark,
                            "claims: expected a list of 1 to 200 claims or files, got " + description(*list),
                            list->kind == Node::Kind::scalar ? "write [" + list->text + "]" : "", kHelp);
    return {};
  }
  ClaimList out(scope, config, suites);
  for (const Node& entry : list->items) out.add(entry, /*files_allowed=*/true);
  return std::move(out.claims);
}

}  // namespace loom
