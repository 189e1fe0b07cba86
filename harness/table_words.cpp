// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/table_parts.h"
#include "harness/text_numbers.h"

namespace loom::table_parts {
namespace {

bool is_excess(const ComparedBlock& block) { return block.metric.starts_with("excess_"); }

std::string meaning(const ComparedBlock& block) {
  const std::string& column = block.column;
  if (is_excess(block)) return "every arm sees the same data";
  if (column == "free") return "each arm at its best width, equal training FLOPs";
  if (column == "serving") return "equal inference FLOPs and training FLOPs";
  if (column == "memory") return "equal parameters and training FLOPs";
  return "equal training FLOPs";
}

std::string metric_words(std::string metric) {
  std::ranges::replace(metric, '_', ' ');
  return metric;
}

std::string percent(double share) { return number_text(std::round(share * 1000) / 10); }

std::string interval_text(const std::optional<Interval>& interval, int digits) {
  if (!interval) return "(no interval)";
  std::string out = "[";
  out += signed_decimal(interval->low, digits) + ", " + signed_decimal(interval->high, digits);
  return out + "]";
}

// Where the test groups alone leave a wider interval than the seeds' noise asks for, seeds are not what is lacking.
std::string detectable_text(const Headline& headline, int digits) {
  if (!headline.detectable) return "unknown";
  if (headline.floor <= *headline.detectable) return decimal(*headline.detectable, digits);
  return decimal(headline.floor, digits) + " at best (more test groups, not seeds, would lower it)";
}

std::string null_sentence(const Headline& headline, int digits) {
  if (headline.null_arm.empty()) return "";
  return std::string(" The fabric ") + (headline.beats_null ? "beats" : "is not shown to beat") + " its best null '" +
         headline.null_arm + "': " + signed_decimal(headline.null_difference, digits) + " " +
         interval_text(headline.null_interval, digits) + ".";
}

bool deletes(const ComparedRow& row) {
  const Json& component = row.plan.component;
  if (!component.is_object() || !component.contains("events") || !component.at("events").is_string()) return false;
  return component.at("events").get<std::string>().find("delete") != std::string::npos;
}

// A deleted domain is asked for like the others, and an arm that has forgotten it as it should loses by it.
std::string deletion_sentence(const ComparedBlock& block) {
  if (std::ranges::none_of(block.rows, deletes)) return "";
  return " Not a fair one: arms whose stream deletes a domain are asked for it too, beside others that keep it; loom "
         "table --stream judges them by what was to be kept.";
}

bool has_off_budget(const ComparedBlock& block) {
  return std::ranges::any_of(block.rows, [](const ComparedRow& row) { return has(row, "off-budget"); });
}

}  // namespace

std::string title(const ComparedBlock& block) {
  const bool declared = std::ranges::count(block.badges, "declared") > 0;
  std::string out = block.suite + " · " + block.column + " (" +
                    (declared ? "predictions made elsewhere" : meaning(block)) + ") · " + metric_words(block.metric) +
                    (block.higher_is_better ? "" : ", lower is better") + " · " + std::to_string(block.seeds) +
                    (block.seeds == 1 ? " seed" : " seeds");
  for (const std::string& badge : block.badges) out += " [" + badge + "]";
  return out;
}

std::string headline_text(const ComparedBlock& block) {
  if (!block.headline) return "No contrast yet: it needs a scored fabric arm and a scored monolith arm.";
  const Headline& headline = *block.headline;
  const int digits = decimals(block);
  std::string out = "Verdict: " + headline.verdict + ". Fabric '" + headline.fabric + "' minus monolith '" +
                    headline.monolith +
                    "', each its family's best on validation: " + signed_decimal(headline.difference, digits) + " " +
                    metric_words(block.metric) + " " + interval_text(headline.interval, digits) +
                    (block.higher_is_better ? ""
                     : is_excess(block)     ? " (+ = less excess)"
                                            : " (+ = fewer bits)") +
                    ", p" + (headline.p < 0.0005 ? "" : "=") + probability_text(headline.p) + " over " +
                    std::to_string(headline.seeds) + (headline.seeds == 1 ? " seed." : " seeds.");
  out += " Smallest effect of interest " + decimal(block.margin, std::max(digits, 3)) +
         ", smallest this could detect " + detectable_text(headline, std::max(digits, 3)) + ".";
  return out + null_sentence(headline, digits) + deletion_sentence(block);
}

std::vector<std::vector<std::string>> sign_rows(const Table& table) {
  if (table.signs.empty()) return {};
  std::vector<double> shares;
  for (const BudgetSigns& signs : table.signs)
    for (const BudgetSigns::At& at : signs.budgets) shares.push_back(at.share);
  std::ranges::sort(shares);
  shares.erase(std::unique(shares.begin(), shares.end()), shares.end());
  std::vector<std::vector<std::string>> rows = {{"suite · column"}};
  for (const double share : shares) rows[0].push_back("x" + number_text(share));
  rows[0].emplace_back("sign");
  for (const BudgetSigns& signs : table.signs) {
    rows.push_back({signs.suite + " · " + signs.column});
    for (const double share : shares) {
      const auto found = std::ranges::find(signs.budgets, share, &BudgetSigns::At::share);
      const bool here = found != signs.budgets.end();
      rows.back().push_back(here ? signed_decimal(found->headline.difference, 3) + " " +
                                       interval_text(found->headline.interval, 3)
                                 : "-");
    }
    rows.back().push_back(signs.sign);
  }
  return rows;
}

std::vector<std::string> legend(const Table& table, bool by_domain) {
  const double confidence = table.blocks.empty() ? 0.95 : table.blocks[0].confidence;
  std::vector<std::string> out = {
      "score: mean over seeds and domains ± half its " + percent(confidence) +
          " % interval; seeds and test groups vary.  worst: the worst domain.",
      "* best here, or not significantly worse (joint sign flips over seeds, adjusted p > .05): the truly best arm has "
      "it with probability .95 at least; another one as good may lack it more often than .05.  = tied with the best "
      "within the smallest effect of interest.",
      "P on the Pareto front of score, inference FLOPs and parameters.  † seeds without a score, left out of the mean. "
      " n=k/m: k of m seeds.",
      "references are told what arms may not know, nulls are cheap controls: shown, never ranked."};
  if (std::ranges::any_of(table.blocks, rejects))
    out.push_back(
        "rejection: area under the ROC curve by which the highest probability tells items of trained domains from "
        "those of the held-out one; .5 is chance.  All other scores are over the trained domains.");
  if (!by_domain) {
    out.push_back("train x, infer x, params x: ratio to the reference arm.  CPU: training, mean over seeds.");
    if (std::ranges::any_of(table.blocks, searched))
      out.push_back(
          "search x: FLOPs of the trials that chose an arm's settings and width, in budgets; not in train x.");
    out.push_back(!table.timed ? "p50, p99: no latency session yet."
                               : "p50, p99: wall time of one item; p99 needs 662 samples.  impl-bound: its speed tells "
                                 "of this implementation." +
                                     (table.aa_ratio ? "  A/A ratio " + decimal(*table.aa_ratio, 3) + "." : ""));
  }
  if (!table.signs.empty())
    out.push_back(
        "over budgets: fabric minus monolith, each its family's best on validation, at shares of the training budget; "
        "+ = the fabric is better.");
  const auto any = [&](const char* badge) {
    return std::ranges::any_of(table.blocks,
                               [&](const auto& block) { return std::ranges::count(block.badges, badge) > 0; });
  };
  if (std::ranges::any_of(table.blocks, has_off_budget))
    out.push_back("off-budget: a seed's ledger misses the training FLOPs by more than 2 %; the plan closes the first.");
  if (any("exploratory"))
    out.push_back("exploratory: fewer than 6 seeds, so no difference can be significant and every arm has its *.");
  if (any("declared"))
    out.push_back("declared: predictions made elsewhere; their costs are as declared and match no budget.");
  if (any("quick")) out.push_back("quick: a tiny budget, to try things out.");
  if (any("uncalibrated"))
    out.push_back("uncalibrated: the planted-effect checks of results/reference/calibration are missing.");
  return out;
}

}  // namespace loom::table_parts
