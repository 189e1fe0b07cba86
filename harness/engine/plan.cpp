// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/plan.h"

#include <algorithm>
#include <cmath>

#include "harness/engine/identity.h"
#include "harness/engine/run_body.h"
#include "harness/engine/setting.h"
#include "harness/engine/settle.h"
#include "harness/error.h"
#include "harness/file_field.h"

namespace loom {
namespace plan_detail {

// Plans one suite: solves every arm in every column and lists members, trials and rows.
class SuitePlan {
 public:
  SuitePlan(const Json& config, const LoadedSuite& suite, const TrialScore& trial_score, Json& plan)
      : config_(config),
        suite_(suite),
        trial_score_(trial_score),
        plan_(plan),
        solver_(suite, train_config(config.at("train")), config.at("reference").at("component"), config.at("samples")),
        arms_(with_controls(config)) {}

  void add_rows() {
    settings_.resize(arms_.size());
    for (const bool controls : {false, true})
      for (size_t i = 0; i < arms_.size(); ++i)
        if ((arms_[i].controlled >= 0) == controls) settings_[i] = setting(arms_[i]);
    for (const Json& column : config_.at("columns")) {
      solved_.assign(arms_.size(), {});
      for (const bool controls : {false, true})  // a control inherits its arm's sizes, whichever stands first
        for (size_t i = 0; i < arms_.size(); ++i)
          if ((arms_[i].controlled >= 0) == controls) solve_arm(i, column);
      for (size_t i = 0; i < arms_.size(); ++i) add_row(i, column);
    }
  }

 private:
  struct Solved {
    Solution solution;
    bool pending = false;
    Json selection = Json::array();  // free column: width, validation score
  };

  void solve_arm(size_t index, const std::string& column) {
    const PlannedArm& arm = arms_[index];
    const Setting& setting = settings_[index];
    Solved& solved = solved_[index];
    if (const auto reason = rejection(arm.component, suite_.shape())) {
      solved.solution = {arm.component, 0, {}, *reason};
    } else if (setting.pending || !setting.rejected.empty()) {
      solved.solution = {arm.component, 0, {}, setting.rejected};
      solved.pending = setting.pending;
    } else if (!arm.component.contains("backbone")) {
      solved.solution = {arm.component, 0, solver_.costs(arm.component, 0), {}};
    } else if (arm.controlled >= 0) {
      inherit(index, solved_[static_cast<size_t>(arm.controlled)]);
    } else if (column == "free" && !is_beyond(arm.component)) {
      select_width(index);
    } else if (const Solution* same = solved_elsewhere(index, column)) {
      solved.solution = *same;
    } else {
      solved.solution = solver(setting.train).solve(arm.component, column);
    }
    if (!solved.pending && solved.solution.rejected.empty()) earlier_[index].push_back(solved.solution);
  }

  // Costs depend on these two settings alone; the targets are those of the config's own.
  const Solver& solver(const Json& train) {
    const std::pair key(train.at("batch").get<int64_t>(), train.at("checks").get<int64_t>());
    if (!solvers_.contains(key)) solvers_.emplace(key, solver_.trained_with(train_config(train)));
    return solvers_.at(key);
  }

  static bool is_beyond(const Json& component) {
    return find_architecture(component.at("name").get<std::string>()).beyond != nullptr;
  }

  // Controls inherit from the arm they control; references without one are trained by the config as it is.
  Setting setting(const PlannedArm& arm) {
    const bool searched = arm.role == "arm" && arm.component.contains("backbone");
    if (config_.contains("tune") && arm.controlled >= 0) {
      const Setting& from = settings_[static_cast<size_t>(arm.controlled)];
      return {.train = from.train, .tuned = from.tuned, .pending = from.pending};
    }
    if (!config_.contains("tune") || !searched || rejection(arm.component, suite_.shape()))
      return {.train = config_.at("train"), .tuned = nullptr};
    const auto close = [&](const Json& train) {
      const Solver& by = solver(train);
      return by.close_training(by.with_size(arm.component, by.coarse_width(1), 0));
    };
    const auto validate = [&](const Solution& solution, const Json& train) { return validated(solution, train); };
    return choose_setting(config_, {close, validate, suite_.suite().description().higher_is_better});
  }

  // A trial of the selection seed and its score; without one it has to run first.
  std::pair<std::string, std::optional<double>> validated(const Solution& solution, const Json& train) {
    const std::string id = add_trial(solution, train, kSelectionSeed);
    plan_["trials"][id]["role"] = "tuning";
    const auto score = trial_score_(id);
    if (!score) plan_["pending"].push_back(id);
    return {id, score};
  }

  // Sizes of the arm it controls; its own training closes C like any other's.
  void inherit(size_t index, const Solved& from) {
    Solved& solved = solved_[index];
    solved.pending = from.pending;
    if (from.pending || !from.solution.rejected.empty()) {
      solved.solution = {arms_[index].component, 0, {}, from.pending ? "" : "the arm it controls is rejected"};
      return;
    }
    Json component = arms_[index].component;
    component["backbone"] = from.solution.component.at("backbone");
    solved.solution = solver(settings_[index].train).close_training(component);
  }

  // A size that another column solved for and that fits this one within tolerance is the same trial.
  const Solution* solved_elsewhere(size_t index, const std::string& column) const {
    const auto found = earlier_.find(index);
    if (found == earlier_.end()) return nullptr;
    for (const Solution& solution : found->second) {
      const double ratio = column == "serving" ? solution.costs.infer_flops / solver_.reference().infer_flops
                                               : static_cast<double>(solution.costs.parameters_total) /
                                                     static_cast<double>(solver_.reference().parameters_total);
      if (std::abs(ratio - 1) <= Solver::kTolerance) return &solution;
    }
    return nullptr;
  }

  // free: the best of the declared widths on validation, by one seed that is never reported.
  void select_width(size_t index) {
    Solved& solved = solved_[index];
    const bool higher = suite_.suite().description().higher_is_better;
    const Json& train = settings_[index].train;
    const Solver& by = solver(train);
    std::optional<double> best;
    for (const Json& multiple : config_.at("free")) {
      const Solution candidate = by.close_training(by.with_size(arms_[index].component, by.coarse_width(multiple), 0));
      if (!candidate.rejected.empty()) {
        if (!best) solved.solution = candidate;
        continue;
      }
      const auto [id, score] = validated(candidate, train);
      if (!score) {
        solved.pending = true;
        continue;
      }
      solved.selection.push_back({{"width", candidate.component.at("backbone").at("width")},
                                  {"validation", *score},
                                  {"trial", id},
                                  {"train_flops", candidate.costs.train_flops}});
      if (!best || std::isnan(*best) || (higher ? *score > *best : *score < *best)) {
        best = score;
        solved.solution = candidate;
      }
    }
  }

  // `earlier`: the recipe's members before this one.
  std::string add_member(const TrainSpec& spec, const Charge& charge, const std::vector<std::string>& earlier,
                         const Json& train, uint64_t seed) {
    Json body = run_body(spec, earlier);
    body.update({{"seed", seed}, {"train_digest", suite_.suite().train_digest()}, {"train", train}});
    const std::string id = content_id(body, run_code(spec));
    if (plan_["members"].contains(id)) return id;  // perhaps for a suite that differs in its test alone
    body["suite"] = config_.at("suite");
    body["suite_digest"] = suite_.suite().digest();  // whose test outcomes are kept with it
    body["flops"] = charge.flops;
    body["step_flops"] = train_step_flops(spec.network, train.at("batch"), spec.trains);
    body["validation_items"] =
        std::ranges::count(suite_.parts(spec.partition, seed, Split::validation), static_cast<int32_t>(spec.part));
    plan_["members"][id] = std::move(body);
    return id;
  }

  std::string add_trial(const Solution& solution, const Json& train, uint64_t seed) {
    const Recipe recipe = make_recipe(suite_, solution.component, solution.samples, train_config(train), seed);
    std::vector<std::string> all;
    Json deployed = Json::array(), charges = Json::array();
    for (size_t i = 0; i < recipe.specs.size(); ++i) {
      const TrainSpec& spec = recipe.specs[i];
      all.push_back(add_member(spec, recipe.charges[i], all, train, seed));
      if (spec.deployed) deployed.push_back(all.back());
      Json charge = to_json(recipe.charges[i]);
      charge["member"] = all.back();
      charges.push_back(std::move(charge));
    }
    Json body = {{"component", without_paths(solution.component)},
                 {"seed", seed},
                 {"members", deployed},
                 {"suite_digest", suite_.suite().digest()},
                 {"train", train}};
    std::vector<std::string> code = {component_key("architecture", solution.component)};
    if (solution.component.contains("combiner"))
      code.push_back(component_key("combiner", solution.component.at("combiner")));
    const std::string id = content_id(body, code);
    body["suite"] = config_.at("suite");
    body["charges"] = std::move(charges);
    body["samples"] = solution.samples;
    body["costs"] = to_json(solution.costs);
    plan_["trials"][id] = std::move(body);
    return id;
  }

  void add_row(size_t index, const std::string& column) {
    const PlannedArm& arm = arms_[index];
    const Solved& solved = solved_[index];
    const Setting& setting = settings_[index];
    Json row = {{"suite", config_.at("label")},
                {"arm", arm.label},
                {"architecture", arm.component.at("name")},
                {"column", column},
                {"role", arm.role},
                {"information_level", information_level(arm.component)},
                {"family", find_architecture(arm.component.at("name").get<std::string>()).facts.family},
                {"component", solved.solution.component},
                {"trials", Json::array()},
                {"selection", solved.selection}};
    row["status"] = solved.pending ? "pending" : solved.solution.rejected.empty() ? "ok" : "rejected";
    row["reason"] = solved.solution.rejected;
    if (config_.contains("tune"))
      row.update({{"tuned", setting.tuned}, {"tuning", setting.tuning}, {"edge", setting.edge}});
    if (row["status"] == "ok") {
      row["costs"] = to_json(solved.solution.costs);
      row["ratios"] = ratios(solved.solution.costs, solver_.reference());
      enforce(row);
      for (uint64_t seed = 0; row["status"] == "ok" && seed < config_.at("seeds").get<uint64_t>(); ++seed)
        row["trials"].push_back(add_trial(solved.solution, setting.train, seed));
    }
    plan_["rows"].push_back(std::move(row));
  }

  // 2 % binds rows of role arm; controls inherit sizes and show the ratio that results.
  static void enforce(Json& row) {
    if (row["role"] != "arm" || row["component"].at("name") == "prior") return;
    if (const std::string missed = missed_budget(row["ratios"], row["column"].get<std::string>()); !missed.empty())
      row.update({{"status", "rejected"}, {"reason", missed + " misses the budget by more than 2 %"}});
  }

  const Json& config_;
  const LoadedSuite& suite_;
  const TrialScore& trial_score_;
  Json& plan_;
  Solver solver_;
  std::map<std::pair<int64_t, int64_t>, Solver> solvers_;
  std::vector<PlannedArm> arms_;
  std::vector<Setting> settings_;
  std::vector<Solved> solved_;
  std::map<size_t, std::vector<Solution>> earlier_;
};

}  // namespace plan_detail

Json make_plan(const Json& experiment, Suites& suites, at::Device device, const TrialScore& trial_score) {
  Json plan = {{"members", Json::object()},
               {"trials", Json::object()},
               {"rows", Json::array()},
               {"suites", Json::object()},
               {"pending", Json::array()}};
  for (const Json& config : experiment.at("suites")) {
    const LoadedSuite& suite = load_suite(suites, config.at("suite"), device);
    const Suite::Description& facts = suite.suite().description();
    plan["suites"][config.at("label").get<std::string>()] = {{"suite", config.at("suite")},
                                                             {"metric", facts.metric},
                                                             {"higher_is_better", facts.higher_is_better},
                                                             {"domains", facts.domains},
                                                             {"digest", suite.suite().digest()},
                                                             {"licence", facts.licence},
                                                             {"source", facts.source},
                                                             {"test_items", suite.suite().test_count()}};
    if (const auto reason = rejection(config.at("reference").at("component"), suite.shape()))
      throw InputError(
          "suite " + config.at("label").get<std::string>() + ": the reference cannot run on it: " + *reason +
          "; give this suite a `reference:` of its own (mlp takes vectors, cnn images, bag bags, transformer tokens)");
    const Json whole = settled(config, suite.shape());
    plan_detail::SuitePlan(whole, suite, trial_score, plan).add_rows();
  }
  return plan;
}

}  // namespace loom
