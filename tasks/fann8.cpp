// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/suite.h"
#include "tasks/sources/answers.h"
#include "tasks/sources/joined_domains.h"
#include "tasks/sources/prepared.h"

namespace loom::suites {
namespace fann8_detail {
namespace {

constexpr const char* kLicence = "LGPL-2.1+";
constexpr const char* kSource = "Debian libfann-doc 2.2.0+ds-8 (PROBEN1, Prechelt 1994; DELVE, Rasmussen et al. 1996)";
constexpr const char* kMeasured = "measured on the files' own halves";

// A random forest of 60 trees: accuracy, or R2; and R2 of ridge regression, 0 where there are classes.
struct Problem {
  const char* name;
  bool classes;
  double forest, ridge;
};
constexpr std::array<Problem, 8> kProblems = {{{"gene", true, .905, 0},
                                               {"thyroid", true, .993, 0},
                                               {"soybean", true, .930, 0},
                                               {"building", false, .758, .558},
                                               {"abelone", false, .541, .534},
                                               {"bank32nh", false, .504, .538},
                                               {"bank32fm", false, .919, .934},
                                               {"kin32fm", false, .602, .888}}};

SuiteCard card() {
  SuiteCard result{.metric = "accuracy_or_r2", .licence = kLicence, .source = kSource, .data = {"fann"}};
  for (const auto& [name, classes, forest, ridge] : kProblems) {
    result.domains.emplace_back(name);
    result.published.push_back({name, forest, "random forest, one seed", kMeasured});
    if (!classes) result.published.push_back({name, ridge, "ridge regression", kMeasured});
  }
  return result;
}

sources::AnswerTable read_halves(const std::filesystem::path& folder, const std::string& name) {
  return sources::read_answers({{.path = folder / (name + "_train.csv"), .train_rows = sources::kAllTrain},
                                {.path = folder / (name + "_test.csv"), .train_rows = 0}});
}

Suite load(const Json&) {
  const auto folder = sources::prepared("fann", "fann8");
  std::vector<sources::DomainSides> domains;
  std::string left_out;
  for (const auto& [name, classes, forest, ridge] : kProblems) {
    const auto table = read_halves(folder, name);
    domains.push_back({name, classes ? argmax_class(table) : binned_number(table, 0)});
    if (table.left_out == 0) continue;
    left_out += (left_out.empty() ? "" : ", ") + std::string(name) + " " + std::to_string(table.left_out);
  }
  auto [train_side, test, names] = join_domains(std::move(domains), sources::Groups::own);
  Suite::Description facts;
  facts.name = "fann8";
  facts.metric = "accuracy_or_r2";
  facts.licence = kLicence;
  facts.source = kSource;
  facts.summary =
      "three problems of classes, five of a number; train rows left out because the test has their inputs: " +
      (left_out.empty() ? "none" : left_out);
  facts.domains = std::move(names);
  facts.adapters = std::ssize(kProblems);
  return {std::move(facts), std::move(train_side), std::move(test)};
}

}  // namespace
}  // namespace fann8_detail

SuiteSource fann8() {
  return {.facts = {.kind = "suite",
                    .name = "fann8",
                    .summary = "eight problems with inputs of their own, three of classes and five of a number",
                    .paper = "Prechelt 1994",
                    .inputs = {"vector"}},
          .load = fann8_detail::load,
          .card = fann8_detail::card()};
}

}  // namespace loom::suites
