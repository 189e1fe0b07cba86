// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/report/section.h"
#include "harness/table_parts.h"

namespace loom::report {
namespace ledger_detail {
namespace {

// Means over the recorded seeds of a row.
struct Account {
  int trials = 0;
  std::map<std::string, double> stages;        // FLOPs
  std::map<int64_t, double> participants;      // FLOPs; without the shared -1
  double assemble_cpu_s = 0, bytes_moved = 0;  // NaN: not recorded
};

Account account_of(const Study& study, const ComparedRow& row) {
  Account out;
  for (const std::string& id : row.plan.trials) {
    const auto found = study.details.find(id);
    if (found == study.details.end()) continue;
    ++out.trials;
    for (const Charge& charge : found->second.ledger) {
      out.stages[charge.stage] += charge.flops;
      if (charge.participant >= 0) out.participants[charge.participant] += charge.flops;
    }
    out.assemble_cpu_s += found->second.assemble_cpu_s;
    out.bytes_moved += found->second.bytes_moved;
  }
  const double count = std::max(out.trials, 1);
  for (auto& [stage, flops] : out.stages) flops /= count;
  for (auto& [participant, flops] : out.participants) flops /= count;
  out.assemble_cpu_s /= count;
  out.bytes_moved /= count;
  return out;
}

std::string count(double value) { return std::isfinite(value) ? table_parts::count_text(value) : "-"; }
std::string seconds(const std::optional<double>& value) { return value ? table_parts::seconds_text(*value) : "-"; }

std::vector<Markup> cells_of(const ComparedRow& row, const Account& account, const std::set<std::string>& stages) {
  std::vector<Markup> out = {html("{}", row.plan.arm)};
  double total = 0, most = 0;
  for (const auto& [stage, flops] : account.stages) total += flops;
  for (const auto& [participant, flops] : account.participants) most = std::max(most, flops);
  for (const std::string& stage : stages) {
    const auto found = account.stages.find(stage);
    out.push_back(html("{}", found == account.stages.end() ? "-" : count(found->second)));
  }
  out.push_back(html("<b>{}</b>", count(total)));
  out.push_back(
      html("{}", account.participants.empty() ? std::string("-") : std::to_string(account.participants.size())));
  out.push_back(html("{}", account.participants.empty() ? "-" : count(most)));
  out.push_back(html("{}", count(account.bytes_moved)));
  out.push_back(html("{}", seconds(row.train_cpu_s)));
  out.push_back(html("{}", table_parts::seconds_text(account.assemble_cpu_s)));
  out.push_back(html("{}", row.peak_memory_bytes ? count(*row.peak_memory_bytes) : "-"));
  return out;
}

Markup block_ledger(Section& section, const Study& study, const ComparedBlock& block) {
  std::vector<std::pair<const ComparedRow*, Account>> accounts;
  std::set<std::string> stages;
  Json points = Json::array();
  for (const ComparedRow& row : block.rows) {
    if (row.status != "ok") continue;
    Account account = account_of(study, row);
    for (const auto& [stage, flops] : account.stages) {
      stages.insert(stage);
      if (row.plan.role == "arm") points.push_back({{"arm", row.plan.arm}, {"stage", stage}, {"flops", flops}});
    }
    if (!account.stages.empty()) accounts.emplace_back(&row, std::move(account));
  }
  if (accounts.empty()) return {};
  Cells cells = {.header = {"arm"}};
  for (const std::string& stage : stages) cells.header.push_back(stage);
  for (const char* name : {"total FLOPs", "participants", "most of one", "bytes moved", "CPU training", "CPU assembly",
                           "peak memory, bytes"})
    cells.header.emplace_back(name);
  for (const auto& [row, account] : accounts) {
    cells.rows.push_back(cells_of(*row, account, stages));
    cells.classes.emplace_back(row->plan.role == "arm" ? "arm" : "control");
  }
  Markup out = figure(section, "ledger", {{"points", points}},
                      "Training FLOPs by stage in " + place(block) + "; the numbers stand in the table below");
  out += table("training FLOPs by stage and what else a trial cost, means over seeds", cells);
  return out;
}

std::vector<std::string> energy_reasons(const Study& study) {
  std::set<std::string> reasons;
  for (const auto& [id, detail] : study.details)
    if (!detail.energy_reason.empty()) reasons.insert(detail.energy_reason);
  std::vector<std::string> out;
  for (const std::string& reason : reasons) out.push_back("energy: not measured, " + reason + ".");
  return out;
}

}  // namespace
}  // namespace ledger_detail

Section ledger(const Study& study) {
  using namespace ledger_detail;
  Section out = {.id = "ledger", .title = "Cost ledger", .body = {}, .charts = {}};
  out.body += per_block(study, [&](const ComparedBlock& block) { return block_ledger(out, study, block); });
  if (out.body.empty()) {
    out.body += html("<p>These records hold no charges.</p>\n");
    return out;
  }
  std::vector<std::string> lines = {
      "Charged in full to each arm, also where trials share a member: seed model, members, router, selection on "
      "validation and whatever else an arm needed before the test.",
      "participants: who trained a part of their own; most of one: the FLOPs of the busiest. bytes moved: weights that "
      "participants would ship. Peak memory: the most of any seed."};
  std::ranges::copy(energy_reasons(study), std::back_inserter(lines));
  out.body += notes(lines);
  return out;
}

}  // namespace loom::report
