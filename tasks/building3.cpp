// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/suite.h"
#include "tasks/sources/answers.h"
#include "tasks/sources/joined_domains.h"
#include "tasks/sources/prepared.h"

namespace loom::suites {
namespace building3_detail {
namespace {

constexpr const char* kLicence = "LGPL-2.1+";
constexpr const char* kSource = "Debian libfann-doc 2.2.0+ds-8 (PROBEN1 building; Prechelt 1994)";

// R2 of ridge regression and of a random forest on the files' own halves.
struct Output {
  const char* name;
  double ridge, forest;
};
constexpr std::array<Output, 3> kOutputs = {
    {{"output1", .558, .758}, {"output2", .784, .823}, {"output3", .807, .885}}};

SuiteCard card() {
  SuiteCard result{.metric = "accuracy_or_r2", .licence = kLicence, .source = kSource, .data = {"fann"}};
  for (const auto& [name, ridge, forest] : kOutputs) {
    result.domains.emplace_back(name);
    result.published.push_back({name, ridge, "ridge regression", "measured on the files' own halves"});
    result.published.push_back({name, forest, "random forest, one seed", "measured on the files' own halves"});
  }
  return result;
}

// The three questions have the same inputs, so no adapter: the one-hot question is an input like others, and a
// monolith shares its trunk. The case against fabrics (Ruchte and Grabocka 2021).
Suite load(const Json&) {
  const auto folder = sources::prepared("fann", "building3");
  const auto table = sources::read_answers({{.path = folder / "building_train.csv", .train_rows = sources::kAllTrain},
                                            {.path = folder / "building_test.csv", .train_rows = 0}});
  std::vector<sources::DomainSides> domains;
  for (size_t k = 0; k < kOutputs.size(); ++k)
    domains.push_back({kOutputs[k].name, binned_number(table, static_cast<int64_t>(k))});
  auto [train_side, test, names] = join_domains(std::move(domains), sources::Groups::shared);
  Suite::Description facts;
  facts.name = "building3";
  facts.metric = "accuracy_or_r2";
  facts.licence = kLicence;
  facts.source = kSource;
  facts.summary = "three numbers of one building from the same inputs; the question is given as one-hot inputs";
  facts.domains = std::move(names);
  facts.asked = std::ssize(kOutputs);
  return {std::move(facts), std::move(train_side), std::move(test)};
}

}  // namespace
}  // namespace building3_detail

SuiteSource building3() {
  return {.facts = {.kind = "suite",
                    .name = "building3",
                    .summary = "three numbers from the same inputs, the question given; one trunk should do",
                    .paper = "Prechelt 1994",
                    .inputs = {"vector"}},
          .load = building3_detail::load,
          .card = building3_detail::card()};
}

}  // namespace loom::suites
