// SPDX-License-Identifier: Apache-2.0
#include "harness/closing_summary.h"

#include <algorithm>
#include <cmath>

#include "harness/table_parts.h"
#include "harness/utf8.h"

namespace loom {
namespace closing_summary_detail {
namespace {

using table_parts::decimal;

const ComparedRow* find_row(const ComparedBlock& block, const std::string& arm) {
  const auto found = std::ranges::find_if(block.rows, [&](const ComparedRow& row) { return row.plan.arm == arm; });
  return found == block.rows.end() ? nullptr : &*found;
}

// "1.67 x the parameters, .51 x the inference FLOPs of the other": what the winner needs more or less of.
std::string costs(const ComparedRow& one, const ComparedRow& other) {
  constexpr double kAlike = 0.05;
  std::string out;
  const auto add = [&](std::optional<double> a, std::optional<double> b, const char* what) {
    if (!a || !b || *b <= 0 || std::abs(*a / *b - 1) <= kAlike) return;
    out += (out.empty() ? "" : ", ") + decimal(*a / *b, 2) + " x the " + what;
  };
  if (one.plan.costs && other.plan.costs) {
    add(one.plan.costs->params_total, other.plan.costs->params_total, "parameters");
    add(one.plan.costs->infer_flops, other.plan.costs->infer_flops, "inference FLOPs");
  }
  add(one.latency_p50_s, other.latency_p50_s, "latency");
  return out.empty() ? "at like cost" : "with " + out;
}

std::string block_line(const ComparedBlock& block) {
  const Headline& headline = *block.headline;
  const ComparedRow *fabric = find_row(block, headline.fabric), *monolith = find_row(block, headline.monolith);
  if (fabric == nullptr || monolith == nullptr) return "";
  const bool fabric_first = headline.difference >= 0;
  const ComparedRow &first = fabric_first ? *fabric : *monolith, &second = fabric_first ? *monolith : *fabric;
  const bool decided = headline.verdict.ends_with("better");
  const int digits = table_parts::decimals(block);
  return "  " + printable(block.suite) + " " + block.column + ": " + headline.verdict + ", '" +
         printable(first.plan.arm) + "' " + decimal(first.score, digits) + (decided ? " beats '" : " beside '") +
         printable(second.plan.arm) + "' " + decimal(second.score, digits) + ", " + costs(first, second) + "\n";
}

bool has_badge(const Table& table, const char* badge) {
  return std::ranges::any_of(table.blocks,
                             [&](const ComparedBlock& block) { return std::ranges::count(block.badges, badge) > 0; });
}

bool undecided(const ComparedBlock& block) { return block.headline && block.headline->verdict == "undecided"; }

bool has_domains(const ComparedBlock& block) { return block.domains.size() > 1; }

std::string next_steps(const Table& table, const std::string& results) {
  std::string out = "next: ";
  if (has_badge(table, "quick")) return out + "the same without --quick: a tiny budget says who runs, not who wins\n";
  if (has_badge(table, "exploratory"))
    out += "seeds=6 or more, without which nothing is significant; ";
  else if (std::ranges::any_of(table.blocks, undecided))
    out += "more seeds decide what is undecided; ";
  if (std::ranges::any_of(table.blocks, has_domains)) out += "loom table " + results + " --by domain; ";
  return out + "loom report " + results + "\n";
}

}  // namespace
}  // namespace closing_summary_detail

std::string closing_summary(const Table& table, const std::string& results) {
  constexpr int kLinesMax = 12;
  std::string out;
  int blocks = 0;
  for (const ComparedBlock& block : table.blocks)
    if (block.headline && !is_smaller_budget(block) && ++blocks <= kLinesMax)
      out += closing_summary_detail::block_line(block);
  if (blocks > kLinesMax) out += "  and " + std::to_string(blocks - kLinesMax) + " more in the table\n";
  return out.empty() ? "" : out + closing_summary_detail::next_steps(table, results);
}

}  // namespace loom
