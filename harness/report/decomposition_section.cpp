// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/decomposition.h"
#include "harness/report/section.h"
#include "harness/table_parts.h"

namespace loom::report {
namespace decomposition_detail {
namespace {

constexpr std::pair<const char*, Term Decomposition::*> kTerms[] = {{"gap", &Decomposition::gap},
                                                                    {"gain", &Decomposition::gain},
                                                                    {"regret", &Decomposition::regret},
                                                                    {"routing", &Decomposition::routing},
                                                                    {"combination", &Decomposition::combination},
                                                                    {"headroom", &Decomposition::headroom},
                                                                    {"solved by one", &Decomposition::solved_by_one},
                                                                    {"fragmentation", &Decomposition::fragmentation}};

Markup term_cell(const Term& term) {
  if (!std::isfinite(term.mean))
    return term.reason.empty() ? html("-") : html("<span title=\"{}\">-</span>", term.reason);
  const double half = term.interval ? (term.interval->high - term.interval->low) / 2 : 0;
  const int digits = half > 0 ? static_cast<int>(std::clamp(-std::floor(std::log10(half)), 2.0, 5.0)) : 3;
  return html("{}", table_parts::signed_decimal(term.mean, digits) +
                        (half > 0 ? " ±" + table_parts::decimal(half, digits) : ""));
}

Json part(const Decomposition& one, const char* name, double sign, const Term& term) {
  const auto& interval = term.interval;
  return {{"fabric", one.fabric},
          {"part", name},
          {"value", number_or_null(sign * term.mean)},
          {"low", interval ? number_or_null(sign > 0 ? interval->low : -interval->high) : Json(nullptr)},
          {"high", interval ? number_or_null(sign > 0 ? interval->high : -interval->low) : Json(nullptr)}};
}

void add_once(std::string& list, const std::string& word) {
  if ((", " + list + ", ").find(", " + word + ", ") == std::string::npos) list += (list.empty() ? "" : ", ") + word;
}

// Why something is "-": each reason once, with the parts that it keeps from being known.
std::vector<std::string> reasons(const std::vector<const Decomposition*>& fabrics) {
  std::vector<std::pair<std::string, std::string>> parts;  // of each reason
  for (const Decomposition* one : fabrics)
    for (const auto& [name, term] : kTerms) {
      const std::string& reason = (one->*term).reason;
      if (reason.empty()) continue;
      auto found = std::ranges::find(parts, reason, &std::pair<std::string, std::string>::first);
      if (found == parts.end()) found = parts.emplace(parts.end(), reason, "");
      add_once(found->second, name);
    }
  std::vector<std::string> out;
  for (const auto& [reason, names] : parts) out.push_back("\"-\" of " + names + ": " + reason + ".");
  return out;
}

Markup own_domains(const std::vector<const Decomposition*>& fabrics) {
  Cells cells = {.header = {"fabric"}};
  for (const std::string& domain : fabrics[0]->domains) cells.header.push_back(domain);
  for (const Decomposition* one : fabrics) {
    if (one->interference.empty()) continue;
    std::vector<Markup>& row = cells.rows.emplace_back();
    row.push_back(html("{}", one->fabric));
    for (const Term& term : one->interference) row.push_back(term_cell(term));
  }
  return cells.rows.empty() ? Markup()
                            : table("each domain's own member minus the monolith; their mean is the gain", cells);
}

Markup block_gap(Section& section, const ComparedBlock& block, const std::vector<Decomposition>& all) {
  std::vector<const Decomposition*> fabrics;
  for (const Decomposition& one : all)
    if (one.suite == block.suite && one.column == block.column) fabrics.push_back(&one);
  if (fabrics.empty()) return {};
  Cells cells = {.header = {"fabric"}};
  for (const auto& [name, term] : kTerms) cells.header.emplace_back(name);
  Json parts = Json::array();
  for (const Decomposition* one : fabrics) {
    std::vector<Markup>& row = cells.rows.emplace_back();
    row.push_back(html("{}", one->fabric));
    for (const auto& [name, term] : kTerms) row.push_back(term_cell(one->*term));
    parts.push_back(part(*one, "specialisation gain", 1, one->gain));
    parts.push_back(part(*one, "routing regret", -1, one->routing.by_seed.empty() ? one->regret : one->routing));
    if (!one->routing.by_seed.empty()) parts.push_back(part(*one, "combination regret", -1, one->combination));
    parts.push_back(part(*one, "gap", 1, one->gap));
  }
  Markup out = figure(section, "decomposition", {{"metric", block.metric}, {"parts", parts}},
                      "Parts of the gap between each fabric and the monolith; the numbers stand in the table below");
  out += table(place(block) + ": fabric minus monolith '" + fabrics[0]->monolith + "', " + block.metric, cells);
  out += own_domains(fabrics);
  out += notes(reasons(fabrics));
  return out;
}

}  // namespace
}  // namespace decomposition_detail

Section decomposition(const Study& study) {
  Section out = {.id = "decomposition", .title = "Where a gap comes from", .body = {}, .charts = {}};
  const std::vector<Decomposition> all = decompose(study.store);
  out.body +=
      per_block(study, [&](const ComparedBlock& block) { return decomposition_detail::block_gap(out, block, all); });
  out.body +=
      all.empty()
          ? html("<p>No fabric trained apart stands beside a scored monolith.</p>\n")
          : notes({"gap = gain - regret and regret = routing + combination, exactly, in every seed; + = higher "
                   "score or fewer bits. Bars add up: what specialists gain, less what routing and mixing lose, "
                   "is the gap. Where routing alone is not known, its bar is the whole regret.",
                   "headroom: best member of each item minus best single member, both told by the test. solved "
                   "by one: share of items that exactly one member solves. fragmentation: what 1/K of the data "
                   "costs, from the random split."});
  return out;
}

}  // namespace loom::report
