// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include "harness/table_parts.h"
#include "harness/utf8.h"

namespace loom::table_parts {
namespace {

std::string group(const ComparedRow& row) {
  return row.plan.role == "arm" ? "arms" : row.plan.role == "reference" ? "references" : "nulls";
}

// Flags of the row itself; the badges of its block stand in the title.
std::string flags_text(const ComparedRow& row, const ComparedBlock& block) {
  std::string out;
  const auto add = [&](const std::string& word) { out += (out.empty() ? "" : " ") + word; };
  if (row.tied) add("=");
  if (row.pareto) add("P");
  if (row.seeds_failed > 0) add("†" + std::to_string(row.seeds_failed));
  if (row.seeds_open > 0) add("n=" + std::to_string(row.seeds) + "/" + std::to_string(block.seeds));
  for (const char* flag : {"undertrained", "off-budget", "contended", "R1"})
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

std::string score_cell(const ComparedRow& row, int digits) {
  std::string out = decimal(row.score, digits);
  if (row.interval) out += " ±" + decimal((row.interval->high - row.interval->low) / 2, digits);
  return out;
}

template <auto Member>
std::string score_of(const ComparedRow& row, int digits) {
  return row.*Member ? decimal(*(row.*Member), digits) : "-";
}

template <auto Member, auto Text>
std::string amount_of(const ComparedRow& row, int) {
  return row.*Member ? Text(*(row.*Member)) : "-";
}

template <auto Member>
std::string ratio_of(const ComparedRow& row, int) {
  return row.plan.costs ? decimal((*row.plan.costs).*Member, 2) : "-";
}

template <auto Member>
std::string count_of(const ComparedRow& row, int) {
  return row.plan.costs ? count_text((*row.plan.costs).*Member) : "-";
}

std::string search_cell(const ComparedRow& row, int) { return search_text(row); }

std::string memory_cell(const ComparedRow& row, int) {
  return row.peak_memory_bytes ? count_text(*row.peak_memory_bytes) : "-";
}

// A column of numbers: its name in --metrics, its header, its cells.
struct Column {
  std::string_view key;
  const char* header;
  std::string (*cell)(const ComparedRow& row, int digits);
  bool usual;  // shown where no columns are chosen
};

constexpr auto kColumns = std::to_array<Column>({
    {"score", "score", score_cell, true},
    {"worst", "worst", score_of<&ComparedRow::worst_domain>, true},
    {"rejection_auroc", "rejection", score_of<&ComparedRow::rejection_auroc>, true},
    {"nll", "nll", score_of<&ComparedRow::nll>, false},
    {"ece", "ece", score_of<&ComparedRow::ece>, false},
    {"params", "params", count_of<&PlannedCosts::params_total>, true},
    {"params_active", "active", count_of<&PlannedCosts::params_active>, false},
    {"train_flops", "train FLOPs", count_of<&PlannedCosts::train_flops>, false},
    {"infer_flops", "infer FLOPs", count_of<&PlannedCosts::infer_flops>, false},
    {"ratio_train_flops", "train x", ratio_of<&PlannedCosts::ratio_train_flops>, true},
    {"ratio_infer_flops", "infer x", ratio_of<&PlannedCosts::ratio_infer_flops>, true},
    {"ratio_params", "params x", ratio_of<&PlannedCosts::ratio_params>, true},
    {"ratio_samples", "samples x", ratio_of<&PlannedCosts::ratio_samples>, false},
    {"search", "search x", search_cell, true},
    {"cpu", "CPU", amount_of<&ComparedRow::train_cpu_s, seconds_text>, true},
    {"memory", "memory", memory_cell, false},
    {"p50", "p50", amount_of<&ComparedRow::latency_p50_s, seconds_text>, true},
    {"p99", "p99", amount_of<&ComparedRow::latency_p99_s, seconds_text>, true},
});

// By domain there is room for scores alone; what no row can have is left out.
bool fits(const Column& column, const ComparedBlock& block, bool by_domain) {
  if (column.key == "rejection_auroc") return rejects(block);
  if (column.key == "score" || column.key == "worst") return true;
  return !by_domain && (column.key != "search" || searched(block));
}

std::vector<const Column*> columns_of(const ComparedBlock& block, bool by_domain,
                                      std::span<const std::string> metrics) {
  std::vector<const Column*> out;
  for (const std::string& name : metrics)
    for (const Column& column : kColumns)
      if (column.key == name) out.push_back(&column);
  if (!out.empty()) return out;
  for (const Column& column : kColumns)
    if (column.usual && fits(column, block, by_domain)) out.push_back(&column);
  return out;
}

std::string left_out(const ComparedRow& row) {
  const std::string reason = row.status.empty() ? "not run yet" : row.plan.reason;
  const std::string line = printable(reason.substr(0, reason.find('\n')));
  return (row.status.empty() ? "pending" : row.status) + "  " + printable(row.plan.arm) +
         (line.empty() ? "" : ": " + line);
}

}  // namespace

bool has(const ComparedRow& row, std::string_view flag) { return std::ranges::count(row.flags, flag) > 0; }

bool searched(const ComparedBlock& block) {
  return std::ranges::any_of(block.rows,
                             [](const ComparedRow& row) { return row.status == "ok" && row.plan.search_flops; });
}

bool rejects(const ComparedBlock& block) {
  return std::ranges::any_of(block.rows, [](const ComparedRow& row) { return row.rejection_auroc.has_value(); });
}

Grid grid(const ComparedBlock& block, bool by_domain, std::span<const std::string> metrics) {
  Grid out;
  const std::vector<const Column*> columns = columns_of(block, by_domain, metrics);
  out.header = {"  arm"};
  const auto score = std::ranges::find(columns, &kColumns[0]);
  out.score = score == columns.end() ? 0 : static_cast<size_t>(score - columns.begin()) + 1;
  for (const Column* column : columns) out.header.emplace_back(column->header);
  if (by_domain)
    for (const std::string& domain : block.domains) out.header.push_back(printable(domain));
  out.header.emplace_back("flags");
  const int digits = decimals(block);
  for (const ComparedRow& row : block.rows) {
    if (row.status != "ok") {
      out.left_out.push_back(left_out(row));
      continue;
    }
    std::vector<std::string> cells = {(row.not_worse ? "* " : "  ") + printable(row.plan.arm)};
    for (const Column* column : columns) cells.push_back(column->cell(row, digits));
    for (size_t d = 0; by_domain && d < block.domains.size(); ++d)
      cells.push_back(d < row.domain.size() ? decimal(row.domain[d], digits) : "-");
    cells.push_back(flags_text(row, block));
    out.lines.push_back({std::move(cells), group(row), row.not_worse});
  }
  return out;
}

}  // namespace loom::table_parts

std::vector<std::string> loom::metric_names() {
  std::vector<std::string> out;
  for (const auto& column : table_parts::kColumns) out.emplace_back(column.key);
  return out;
}
