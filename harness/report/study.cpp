// SPDX-License-Identifier: Apache-2.0
#include "harness/report/study.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/budgets.h"

namespace loom::report {
namespace study_detail {
namespace {

std::string key(const std::string& suite, const std::string& column, const std::string& arm) {
  return suite + '\n' + column + '\n' + arm;
}

bool scored(const ComparedBlock& block, const std::string& arm) {
  return std::ranges::any_of(block.rows,
                             [&](const ComparedRow& row) { return row.plan.arm == arm && row.status == "ok"; });
}

// Label of the arm that fixes the budget, as the config has it.
std::string configured_reference(const ResultStore& store, const std::string& suite) {
  const std::string base = read_budget_label(suite).suite;
  const std::string& config = store.suites.at(suite).config;
  for (const Json& entry : store.experiment.at("suites")) {
    const std::string label = entry.at("label").get<std::string>();
    if ((label != base && label != config) || !entry.contains("reference")) continue;
    return entry.at("reference").value("label", "");
  }
  return "";
}

}  // namespace
}  // namespace study_detail

std::string reference_arm(const Study& study, const ComparedBlock& block) {
  using namespace study_detail;
  const std::string configured = configured_reference(study.store, block.suite);
  if (!configured.empty() && scored(block, configured)) return configured;
  for (const ComparedRow& row : block.rows)
    if (row.status == "ok" && row.plan.role == "arm" && row.plan.family == "monolith") return row.plan.arm;
  return "";
}

const ArmCell* against_reference(const Study& study, const ComparedBlock& block, const std::string& arm) {
  const auto found = study.against_reference.find(study_detail::key(block.suite, block.column, arm));
  return found == study.against_reference.end() ? nullptr : &found->second;
}

Study study(const ResultStore& store, const std::string& name) {
  Study out = {.store = store, .name = name, .table = make_table(store), .against_reference = {}, .details = {}};
  std::set<std::pair<std::string, std::string>> wanted;  // reference and arm
  for (const ComparedBlock& block : out.table.blocks) {
    const std::string reference = reference_arm(out, block);
    if (reference.empty()) continue;
    for (const ComparedRow& row : block.rows)
      if (row.status == "ok" && row.plan.arm != reference) wanted.emplace(reference, row.plan.arm);
  }
  for (const auto& [reference, arm] : wanted)
    for (ArmCell& cell : compare_arms(store, reference, arm).cells)
      if (cell.pairs > 0) {
        std::string key = study_detail::key(cell.suite, cell.column, arm);
        out.against_reference.insert_or_assign(std::move(key), std::move(cell));
      }
  out.details = read_details(store);
  return out;
}

}  // namespace loom::report
