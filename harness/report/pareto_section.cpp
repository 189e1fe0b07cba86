// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/ranking.h"
#include "harness/report/section.h"
#include "harness/table_parts.h"

namespace loom::report {
namespace pareto_detail {
namespace {

struct Axis {
  const char* key;
  const char* label;
  std::optional<double> (*cost)(const ComparedRow&);
  std::string (*text)(double);
};

std::optional<double> planned(const ComparedRow& row, double PlannedCosts::*field) {
  if (!row.plan.costs || !std::isfinite((*row.plan.costs).*field)) return std::nullopt;
  return (*row.plan.costs).*field;
}

constexpr Axis kAxes[] = {
    {"flops", "inference FLOPs per item",
     [](const ComparedRow& row) { return planned(row, &PlannedCosts::infer_flops); }, table_parts::count_text},
    {"latency", "median latency of one item, seconds", [](const ComparedRow& row) { return row.latency_p50_s; },
     table_parts::seconds_text},
    {"params", "parameters", [](const ComparedRow& row) { return planned(row, &PlannedCosts::params_total); },
     table_parts::count_text},
    {"memory", "peak memory of training, bytes", [](const ComparedRow& row) { return row.peak_memory_bytes; },
     table_parts::count_text},
};

// Of the rows that rank: the best score for a cost, as the table's mark P has it.
std::set<const ComparedRow*> front(const ComparedBlock& block, const Axis& axis) {
  std::vector<const ComparedRow*> rows;
  std::vector<std::vector<double>> points;
  for (const ComparedRow& row : block.rows) {
    const auto cost = axis.cost(row);
    if (!ranking::ranked(row) || !cost) continue;
    rows.push_back(&row);
    points.push_back({block.higher_is_better ? row.score : -row.score, *cost});
  }
  std::set<const ComparedRow*> out;
  for (const size_t index : pareto_front(points)) out.insert(rows[index]);
  return out;
}

Json point(const ComparedRow& row, const std::vector<std::set<const ComparedRow*>>& fronts) {
  Json out = {{"arm", row.plan.arm},
              {"family", family_class(row.plan)},
              {"score", number_or_null(row.score)},
              {"low", row.interval ? number_or_null(row.interval->low) : Json(nullptr)},
              {"high", row.interval ? number_or_null(row.interval->high) : Json(nullptr)}};
  for (size_t i = 0; i < std::size(kAxes); ++i) {
    out[kAxes[i].key] = number_or_null(kAxes[i].cost(row));
    out[std::string(kAxes[i].key) + "_front"] = fronts[i].contains(&row);
  }
  return out;
}

Markup block_front(Section& section, const ComparedBlock& block) {
  Cells cells = {.header = {"arm", "score"}};
  std::vector<std::set<const ComparedRow*>> fronts;
  Json points = Json::array(), axes = Json::array();
  for (const Axis& axis : kAxes) {
    cells.header.emplace_back(axis.label);
    fronts.push_back(front(block, axis));
    if (std::ranges::any_of(block.rows, [&](const ComparedRow& row) { return row.status == "ok" && axis.cost(row); }))
      axes.push_back({{"key", axis.key}, {"label", axis.label}});
  }
  for (const ComparedRow& row : block.rows) {
    if (row.status != "ok") continue;
    points.push_back(point(row, fronts));
    cells.rows.push_back({html("{}", row.plan.arm), html("{}", score_text(row, table_parts::decimals(block)))});
    cells.classes.emplace_back(row.plan.role == "arm" ? "arm" : "control");
    for (size_t i = 0; i < std::size(kAxes); ++i) {
      const auto cost = kAxes[i].cost(row);
      const std::string text = cost ? kAxes[i].text(*cost) : "-";
      cells.rows.back().push_back(fronts[i].contains(&row) ? html("<b>{} ◆</b>", text) : html("{}", text));
    }
  }
  if (points.empty() || axes.empty()) return {};
  Markup out = figure(
      section, "pareto",
      {{"metric", block.metric}, {"higher_is_better", block.higher_is_better}, {"axes", axes}, {"points", points}},
      "Score against cost in " + place(block) + "; the numbers stand in the table below");
  out += table("◆ on the front of score and this cost, of the arms that rank", cells);
  return out;
}

}  // namespace
}  // namespace pareto_detail

Section pareto(const Study& study) {
  Section out = {.id = "pareto", .title = "Score against cost", .body = {}, .charts = {}};
  out.body += per_block(study, [&](const ComparedBlock& block) { return pareto_detail::block_front(out, block); });
  if (out.body.empty()) out.body += html("<p>No scored row has a known cost.</p>\n");
  return out;
}

}  // namespace loom::report
