// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "harness/table_parts.h"
#include "harness/utf8.h"

namespace loom::table_parts {
namespace {

bool has(const ComparedRow& row, const char* flag) { return std::ranges::count(row.flags, flag) > 0; }

std::string group(const ComparedRow& row) {
  return row.plan.role == "arm" ? "arms" : row.plan.role == "reference" ? "references" : "nulls";
}

std::string score_text(const ComparedRow& row, int digits) {
  std::string out = decimal(row.score, digits);
  if (row.interval) out += " ±" + decimal((row.interval->high - row.interval->low) / 2, digits);
  return out;
}

std::string optional_text(const std::optional<double>& value, std::string (*text)(double)) {
  return value ? text(*value) : "-";
}

// Flags of the row itself; the badges of its block stand in the title.
std::string flags_text(const ComparedRow& row, const ComparedBlock& block) {
  std::string out;
  const auto add = [&](const std::string& word) { out += (out.empty() ? "" : " ") + word; };
  if (row.tied) add("=");
  if (row.pareto) add("P");
  if (row.seeds_failed > 0) add("†" + std::to_string(row.seeds_failed));
  if (row.seeds_open > 0) add("n=" + std::to_string(row.seeds) + "/" + std::to_string(block.seeds));
  for (const char* flag : {"undertrained", "contended", "R1"})
    if (has(row, flag)) add(flag);
  if (!row.plan.edge.empty()) add("edge");
  if (has(row, "implementation-bound")) add("impl-bound");
  if (has(row, "exploratory") && std::ranges::count(block.badges, "exploratory") == 0) add("exploratory");
  return out;
}

// In budgets: FLOPs of the search over those that every arm is trained with.
std::string search_text(const ComparedRow& row) {
  const auto& costs = row.plan.costs;
  if (!costs || !row.plan.search_flops) return "-";
  return decimal(*row.plan.search_flops * costs->ratio_train_flops / costs->train_flops, 2);
}

void add_costs(std::vector<std::string>& cells, const ComparedRow& row, bool search) {
  const auto& costs = row.plan.costs;
  cells.push_back(costs ? count_text(costs->params_total) : "-");
  for (const auto ratio :
       {&PlannedCosts::ratio_train_flops, &PlannedCosts::ratio_infer_flops, &PlannedCosts::ratio_params}) {
    cells.push_back(costs ? decimal((*costs).*ratio, 2) : "-");
  }
  if (search) cells.push_back(search_text(row));
  for (const auto& time : {row.train_cpu_s, row.latency_p50_s, row.latency_p99_s}) {
    cells.push_back(optional_text(time, seconds_text));
  }
}

std::vector<std::string> cells_of(const ComparedRow& row, const ComparedBlock& block, bool by_domain, int digits) {
  std::vector<std::string> cells = {(row.not_worse ? "* " : "  ") + printable(row.plan.arm), score_text(row, digits)};
  cells.push_back(row.worst_domain ? decimal(*row.worst_domain, digits) : "-");
  if (by_domain) {
    for (size_t d = 0; d < block.domains.size(); ++d)
      cells.push_back(d < row.domain.size() ? decimal(row.domain[d], digits) : "-");
  } else {
    add_costs(cells, row, searched(block));
  }
  cells.push_back(flags_text(row, block));
  return cells;
}

std::string left_out(const ComparedRow& row) {
  const std::string reason = row.status.empty() ? "not run yet" : row.plan.reason;
  const std::string line = printable(reason.substr(0, reason.find('\n')));
  return (row.status.empty() ? "pending" : row.status) + "  " + printable(row.plan.arm) +
         (line.empty() ? "" : ": " + line);
}

}  // namespace

bool searched(const ComparedBlock& block) {
  return std::ranges::any_of(block.rows,
                             [](const ComparedRow& row) { return row.status == "ok" && row.plan.search_flops; });
}

Grid grid(const ComparedBlock& block, bool by_domain) {
  Grid out;
  out.header = {"  arm", "score", "worst"};
  if (by_domain) {
    for (const std::string& domain : block.domains) out.header.push_back(printable(domain));
  } else {
    out.header.insert(out.header.end(), {"params", "train x", "infer x", "params x"});
    if (searched(block)) out.header.emplace_back("search x");
    out.header.insert(out.header.end(), {"CPU", "p50", "p99"});
  }
  out.header.emplace_back("flags");
  const int digits = decimals(block);
  for (const ComparedRow& row : block.rows) {
    if (row.status == "ok") {
      out.lines.push_back({cells_of(row, block, by_domain, digits), group(row), row.not_worse});
    } else {
      out.left_out.push_back(left_out(row));
    }
  }
  return out;
}

}  // namespace loom::table_parts
