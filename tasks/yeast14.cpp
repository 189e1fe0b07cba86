// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <string>

#include "harness/suite.h"
#include "tasks/sources/answers.h"
#include "tasks/sources/joined_domains.h"
#include "tasks/sources/prepared.h"
#include "tasks/sources/refuse.h"

namespace loom::suites {
namespace yeast14_detail {
namespace {

constexpr int64_t kLabels = 14, kTrainRows = 1500;  // the split that Mulan publishes
constexpr const char* kLicence = "BSD-3-Clause package; data of Elisseeff and Weston 2001 by way of Mulan";
constexpr const char* kSource = "PyPI river 0.26.1, yeast.csv.gz";

// Accuracy is 1 - Hamming loss, their mean over labels being the same.
SuiteCard card() {
  SuiteCard result{.metric = "accuracy", .licence = kLicence, .source = kSource, .data = {"yeast"}};
  for (int64_t k = 1; k <= kLabels; ++k) result.domains.push_back("class" + std::to_string(k));
  result.published = {
      {"", 1 - .2326, "the majority of each label", "measured, rows 1-1500 / 917", SuiteCard::Kind::chance},
      {"", 1 - .1976, "random forest, one seed", "measured, rows 1-1500 / 917"},
      {"", 1 - .195, "ML-kNN, as the literature gives it", "Zhang and Zhou 2007, unchecked"}};
  return result;
}

// Like building3: the same inputs for every question, so no adapter, and all questions on a row share its group.
Suite load(const Json&) {
  const auto file = sources::prepared("yeast", "yeast14") / "yeast.csv";
  const auto table = sources::read_answers({{.path = file, .train_rows = kTrainRows}});
  if (table.answers != kLabels)
    sources::refuse(file, 1, "names " + std::to_string(table.answers) + " answers; this suite has 14");
  std::vector<sources::DomainSides> domains;
  for (int64_t k = 0; k < kLabels; ++k) domains.push_back({"class" + std::to_string(k + 1), yes_or_no(table, k)});
  auto [train_side, test, names] = join_domains(std::move(domains), sources::Groups::shared);
  Suite::Description facts;
  facts.name = "yeast14";
  facts.metric = "accuracy";
  facts.licence = kLicence;
  facts.source = kSource;
  facts.summary = "fourteen yes-or-no questions on the same inputs; the question is given as one-hot inputs";
  facts.domains = std::move(names);
  facts.asked = kLabels;
  return {std::move(facts), std::move(train_side), std::move(test)};
}

}  // namespace
}  // namespace yeast14_detail

SuiteSource yeast14() {
  return {.facts = {.kind = "suite",
                    .name = "yeast14",
                    .summary = "fourteen yes-or-no questions on the same 103 inputs; one trunk should do",
                    .paper = "Elisseeff 2001",
                    .inputs = {"vector"}},
          .load = yeast14_detail::load,
          .card = yeast14_detail::card()};
}

}  // namespace loom::suites
