// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/experiment.h"
#include "harness/io.h"
#include "harness/report/section.h"
#include "harness/table_parts.h"
#include "harness/version.h"
#include "harness/words.h"

namespace loom::report {
namespace verdict_section_detail {
namespace {

constexpr double kTolerance = 0.02;  // of every budget, as plans enforce it

struct Badge {
  std::string word, meaning, kind;  // good | bad | plain
};

Badge completeness(const Study& study) {
  size_t planned = 0, recorded = 0;
  for (const PlannedRow& row : study.store.rows)
    for (const std::string& id : row.trials) {
      ++planned;
      recorded += study.store.trials.count(id);
    }
  if (planned == recorded) return {"complete", "every planned trial is recorded", "good"};
  return {"partial " + std::to_string(recorded) + "/" + std::to_string(planned), "some trials have not run yet", "bad"};
}

// The budgets that bind an arm: training FLOPs everywhere, and what its column equals.
bool within_budget(const ComparedRow& row, const std::string& column) {
  const auto near = [](double ratio) { return std::abs(ratio - 1) <= kTolerance; };
  const PlannedCosts& costs = *row.plan.costs;
  return near(costs.ratio_train_flops) && (column != "serving" || near(costs.ratio_infer_flops)) &&
         (column != "memory" || near(costs.ratio_params));
}

Badge matching(const Study& study) {
  int arms = 0, outside = 0, planted = 0;
  for (const ComparedBlock& block : study.table.blocks) {
    planted += block.metric.starts_with("excess_") ? 1 : 0;
    if (block.metric.starts_with("excess_")) continue;
    for (const ComparedRow& row : block.rows) {
      if (row.status != "ok" || row.plan.role != "arm" || !row.plan.costs) continue;
      ++arms;
      outside += within_budget(row, block.column) ? 0 : 1;
    }
  }
  if (arms == 0 && planted > 0) return {"equal data", "planted worlds: every arm sees the same data", "good"};
  if (arms == 0) return {"budgets unknown", "no arm has planned costs", "plain"};
  if (outside == 0) return {"matched", "every arm meets its column's budgets within 2 %", "good"};
  return {"unmatched " + std::to_string(outside), "rows of arms that miss a budget of their column by over 2 %", "bad"};
}

std::vector<Badge> badges(const Study& study) {
  std::vector<Badge> out = {completeness(study), matching(study)};
  out.push_back(study.store.calibrated
                    ? Badge{"calibrated", "this build's statistics passed the planted-effect checks", "good"}
                    : Badge{"uncalibrated", "the planted-effect checks of these statistics are missing", "bad"});
  if (study.store.quick) out.push_back({"quick", "a tiny budget, to try things out: not for citing", "bad"});
  for (const char* word : {"exploratory", "declared"})
    if (std::ranges::any_of(study.table.blocks,
                            [&](const auto& block) { return std::ranges::count(block.badges, word) > 0; })) {
      out.push_back({word,
                     std::string(word) == "declared" ? "costs are as declared and match no budget"
                                                     : "fewer than 6 seeds: no difference can be significant",
                     "bad"});
    }
  if (study.store.latency && study.store.latency->contended)
    out.push_back({"contended", "others were busy while latency was measured", "bad"});
  return out;
}

std::string verdict_kind(const ComparedBlock& block) {
  if (!block.headline) return "none";
  const std::string& verdict = block.headline->verdict;
  return verdict == "fabric better" ? "fabric" : verdict == "monolith better" ? "monolith" : verdict;
}

Markup card(const ComparedBlock& block) {
  const std::string word = block.headline ? block.headline->verdict : "no contrast";
  return html("<article class=\"card {}\"><h3>{}</h3><p class=\"word\">{}</p><p>{}</p></article>\n",
              verdict_kind(block), place(block), word, table_parts::headline_text(block));
}

std::string settings_line(const Study& study) {
  std::string suites;
  for (const Json& suite : study.store.experiment.at("suites"))
    suites += (suites.empty() ? "" : ", ") + suite.at("label").get<std::string>();
  return suites;
}

// The lock of the results as they were found, so that it is right under LOOM_RESULTS and for any folder; what lies
// below the working directory is told from there, since a page travels.
std::string command(const Study& study) {
  namespace fs = std::filesystem;
  fs::path lock = study.store.folder / "lock.yaml";
  std::error_code ignored;
  const fs::path below = lock.lexically_normal().lexically_relative(fs::current_path(ignored));
  if (lock.is_absolute() && !below.empty() && *below.begin() != "..") lock = below;
  return "loom run " + shell_word(lock.string());
}

}  // namespace
}  // namespace verdict_section_detail

Markup page_header(const Study& study) {
  using namespace verdict_section_detail;
  Markup words;
  for (const Badge& badge : badges(study))
    words += html("<span class=\"badge {}\" title=\"{}\">{}</span> ", badge.kind, badge.meaning, badge.word);
  const bool path = study.name.starts_with('/') || study.name.starts_with('.');
  return html(
      "<header><p class=\"kicker\">loom {} · report</p><h1>{}</h1><p>{}</p>\n"
      "<p class=\"sub\">One monolith or a fabric of specialists, at equal budgets? Suites: {}.</p>\n"
      "<p class=\"command\"><span>Reproduce</span> <code id=\"command\">{}</code> "
      "<button type=\"button\" class=\"needs-script\" data-copy=\"command\">Copy</button></p></header>\n",
      kVersion, path ? study.store.folder.filename().string() : study.name, words, settings_line(study),
      command(study));
}

Section verdict(const Study& study) {
  using namespace verdict_section_detail;
  Section out = {.id = "verdict", .title = "Verdict", .body = {}, .charts = {}};
  out.body += html("<div class=\"cards\">");
  for (const ComparedBlock& block : study.table.blocks)
    if (!is_smaller_budget(block)) out.body += card(block);
  out.body += html("</div>\n");
  return out;
}

}  // namespace loom::report
