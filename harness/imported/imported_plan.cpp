// SPDX-License-Identifier: Apache-2.0
#include "harness/imported/imported_plan.h"

#include <algorithm>
#include <set>

#include "harness/error.h"
#include "harness/hash.h"
#include "harness/imported/fabric_replay.h"
#include "harness/imported/outcome_files.h"

namespace loom::imported {
namespace imported_plan_detail {
namespace {

constexpr size_t kIdDigits = 16;
constexpr size_t kNamesShown = 20;

struct Row {
  std::string label, role;
  Json component;  // members by name
};

std::string level_of(const Json& combiner) {
  if (combiner.is_null()) return "none";
  if (combiner.at("name") == kSampleOracle) return "answer";
  for (const CombinerSource& source : all_combiners())
    if (combiner.at("name") == source.facts.name) return source.facts.level;
  fail("a combiner that the config knows is in the build");
}

// Plans one suite: its rows, and their trials and members.
class SuitePlan {
 public:
  SuitePlan(const SuiteConfig& config, const OutcomeTable& table, const Json& code, Json& plan)
      : config_(config), table_(table), code_(code), plan_(plan) {
    seeds_ = std::min(static_cast<size_t>(config.seeds), table.seeds.size());
  }

  void add() {
    for (const ArmConfig& arm : config_.arms) add_arm(arm);
    add_controls();
    plan_["suites"][config_.label] = {{"suite", config_.suite},
                                      {"metric", table_.outputs > 0 ? "accuracy" : "score"},
                                      {"higher_is_better", true},
                                      {"domains", table_.domains},
                                      {"digest", table_.digest},
                                      {"licence", ""},
                                      {"source", config_.suite.at("path")},
                                      {"seeds", seeds_},
                                      {"test_items", table_.indices(Split::test).size()}};
    for (const Row& row : rows_) add_row(row);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { throw InputError(config_.label + ": " + what); }

  void refuse_model(const std::string& arm, const std::string& name) const {
    const std::string near = nearest(name, table_.models);
    std::string known;
    for (size_t i = 0; i < std::min(table_.models.size(), kNamesShown); ++i)
      known += (i > 0 ? ", " : "") + table_.models[i];
    if (table_.models.size() > kNamesShown) known += ", ...";
    refuse("arm '" + arm + "': there is no model '" + name + "'" +
           (near.empty() ? "" : "; did you mean '" + near + "'?") + "   models: " + known);
  }

  // A model whose name is `all` would be hard to name alone, so the word means every model only where none has it.
  std::vector<std::string> named_members(const ArmConfig& arm) const {
    const auto names = arm.component.at("members").get<std::vector<std::string>>();
    if (names == std::vector<std::string>{"all"} && std::ranges::count(table_.models, "all") == 0) return table_.models;
    for (const std::string& name : names)
      if (!std::ranges::binary_search(table_.models, name)) refuse_model(arm.label, name);
    return names;
  }

  void add_arm(const ArmConfig& arm) {
    const std::vector<std::string> members = named_members(arm);
    const Json& combiner = arm.component.at("combiner");
    if (!combiner.is_null()) {
      const std::string unmet = unmet_view(combiner, table_);
      if (!unmet.empty())
        refuse("arm '" + arm.label + "': combiner " + combiner.at("name").get<std::string>() + ": " + unmet);
      return add(arm.label, level_of(combiner) == "none" ? "arm" : "reference", members, combiner);
    }
    const bool alone = members.size() == 1 && arm.component.at("members") == Json(members);
    for (const std::string& name : members) add(alone ? arm.label : name, "arm", members, nullptr, &name);
  }

  void add(const std::string& label, const std::string& role, const std::vector<std::string>& members,
           const Json& combiner, const std::string* alone = nullptr) {
    const Json names = alone != nullptr ? Json::array({*alone}) : Json(members);
    Row row{label, role, {{"name", "imported"}, {"members", names}, {"combiner", combiner}}};
    for (const Row& other : rows_) {
      if (other.component == row.component) return;
      if (other.label == label) refuse("two different arms have the label '" + label + "'; give one of them another");
    }
    rows_.push_back(std::move(row));
  }

  // One set of controls for each set of members; where no arm combines any, of all models that arms name.
  void add_controls() {
    std::vector<std::pair<std::string, Json>> fabrics;
    std::set<std::string> alone;
    for (const Row& row : rows_) {
      const Json& members = row.component.at("members");
      if (row.component.at("combiner").is_null()) alone.insert(members[0].get<std::string>());
      const auto same = [&](const auto& other) { return other.second == members; };
      if (row.role == "arm" && !row.component.at("combiner").is_null() && std::ranges::none_of(fabrics, same))
        fabrics.emplace_back(row.label, members);
    }
    if (fabrics.empty()) fabrics.emplace_back("", Json(alone));
    for (const auto& [owner, members] : fabrics) {
      if (members.size() < 2) continue;
      const auto as_many = [&](const auto& other) { return other.second.size() == members.size(); };
      const std::string of = fabrics.size() == 1                           ? ""
                             : std::ranges::count_if(fabrics, as_many) > 1 ? ": " + owner
                                                                           : " of " + std::to_string(members.size());
      const auto names = members.get<std::vector<std::string>>();
      add("best_constant" + of, "null", names, {{"name", "best_constant"}});
      add("random_router" + of, "null", names, {{"name", "random_router"}});
      add("oracle" + of, "reference", names, {{"name", "oracle"}});
      add(kSampleOracle + of, "reference", names, {{"name", kSampleOracle}});
    }
  }

  std::string id_of(Json body) const {
    body["suite_digest"] = table_.digest;
    body["code"] = code_.at("imported");
    return sha256(canonical(body)).substr(0, kIdDigits);
  }

  std::string add_member(const std::string& model, size_t seed) {
    Json body = {{"model", model}, {"seed", table_.seeds[seed]}};
    const std::string id = id_of({{"member", body}});
    body["suite"] = config_.suite;
    body["suite_digest"] = table_.digest;
    body["flops"] = 0;
    plan_["members"][id] = std::move(body);
    return id;
  }

  std::string add_trial(const Json& component, size_t seed) {
    Json body = {{"component", component}, {"seed", table_.seeds[seed]}};
    Json combiner = component.at("combiner");
    if (!combiner.is_null()) {
      const std::string key = "combiner/" + combiner.at("name").get<std::string>();
      body["combiner_code"] = code_.at("components").value(key, "");
    }
    const std::string id = id_of({{"trial", body}});
    body.erase("combiner_code");
    body["members"] = Json::array();
    for (const Json& model : component.at("members")) body["members"].push_back(add_member(model, seed));
    body["suite"] = config_.suite;
    body["suite_digest"] = table_.digest;
    body["train"] = nullptr;
    body["samples"] = 0;
    body["charges"] = Json::array();
    plan_["trials"][id] = std::move(body);
    return id;
  }

  void add_row(const Row& row) {
    const Json& combiner = row.component.at("combiner");
    Json out = {{"suite", config_.label},
                {"arm", row.label},
                {"architecture", "imported"},
                {"family", combiner.is_null() ? "monolith" : "fabric"},
                {"column", "free"},
                {"role", row.role},
                {"information_level", level_of(combiner)},
                {"component", row.component},
                {"status", "ok"},
                {"reason", ""},
                {"selection", Json::array()},
                {"trials", Json::array()}};
    for (size_t seed = 0; seed < seeds_; ++seed) out["trials"].push_back(add_trial(row.component, seed));
    plan_["rows"].push_back(std::move(out));
  }

  const SuiteConfig& config_;
  const OutcomeTable& table_;
  const Json& code_;
  Json& plan_;
  size_t seeds_ = 0;
  std::vector<Row> rows_;
};

}  // namespace
}  // namespace imported_plan_detail

Tables read_tables(const Experiment& experiment) {
  Tables tables;
  for (const SuiteConfig& suite : experiment.suites)
    tables.emplace(suite.label, read_outcomes(suite.suite.at("path").get<std::string>()));
  return tables;
}

std::vector<size_t> members_of(const Json& component, const OutcomeTable& table) {
  std::vector<size_t> members;
  for (const Json& name : component.at("members")) {
    const auto found = std::ranges::lower_bound(table.models, name.get_ref<const std::string&>());
    check(found != table.models.end() && *found == name, "a planned model is in the files");
    members.push_back(static_cast<size_t>(found - table.models.begin()));
  }
  return members;
}

Json make_plan(const Experiment& experiment, const Tables& tables, const Json& code) {
  Json plan = {{"members", Json::object()},
               {"trials", Json::object()},
               {"rows", Json::array()},
               {"suites", Json::object()},
               {"pending", Json::array()}};
  for (const SuiteConfig& suite : experiment.suites)
    imported_plan_detail::SuitePlan(suite, tables.at(suite.label), code, plan).add();
  return plan;
}

}  // namespace loom::imported
