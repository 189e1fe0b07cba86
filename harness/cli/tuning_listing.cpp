// SPDX-License-Identifier: Apache-2.0
#include "harness/cli/tuning_listing.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/cli/commands.h"
#include "harness/tuning.h"
#include "harness/utf8.h"

namespace loom {
namespace tuning_listing_detail {
namespace {

Json describe(const Json& row, bool higher_is_better) {
  std::vector<std::optional<double>> scores;
  for (const Json& trial : row.at("tuning")) {
    const Json& score = trial.at("validation");
    scores.push_back(score.is_null() ? std::nullopt : std::optional(score.get<double>()));
  }
  Json curve = Json::array();
  for (const auto& best : expected_best(scores, higher_is_better)) curve.push_back(best ? Json(*best) : Json(nullptr));
  Json searched = {{"tuning", row.at("tuning")}};  // without the choice of widths
  return {{"suite", row.at("suite")}, {"arm", row.at("arm")},       {"tuned", row.at("tuned")},
          {"edge", row.at("edge")},   {"points", row.at("tuning")}, {"search_flops", *search_flops(searched)},
          {"expected_best", curve}};
}

std::string score_text(const Json& score) {
  char text[32];
  if (score.is_null()) return "-";
  std::snprintf(text, sizeof text, "%.4f", score.get<double>());
  return text;
}

std::string flops_text(double flops) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", flops);
  return text;
}

// 1, 2, 4, ... and all.
std::vector<size_t> shown_budgets(size_t trials) {
  std::vector<size_t> out;
  for (size_t h = 1; h < trials; h *= 2) out.push_back(h);
  out.push_back(trials);
  return out;
}

}  // namespace
}  // namespace tuning_listing_detail

Json describe_tuning(const Json& plan) {
  Json out = Json::array();
  std::set<std::pair<std::string, std::string>> seen;  // the search is the same in every column
  for (const Json& row : plan.at("rows")) {
    if (!row.contains("tuning") || row.at("tuning").empty()) continue;
    const std::string suite = row.at("suite");
    if (seen.emplace(suite, row.at("arm")).second)
      out.push_back(
          tuning_listing_detail::describe(row, plan.at("suites").at(suite).at("higher_is_better").get<bool>()));
  }
  return out;
}

std::string tuning_text(const Json& tuning) {
  using namespace tuning_listing_detail;
  std::string out;
  for (size_t begin = 0, end = 0; begin < tuning.size(); begin = end) {
    const Json& suite = tuning[begin].at("suite");
    const size_t trials = tuning[begin].at("points").size();
    std::vector<std::vector<std::string>> rows = {{"  arm", "setting", "search FLOPs"}};
    for (const size_t h : shown_budgets(trials)) rows[0].push_back("h=" + std::to_string(h));
    for (; end < tuning.size() && tuning[end].at("suite") == suite; ++end) {
      const Json& arm = tuning[end];
      const bool edge = !arm.at("edge").get_ref<const std::string&>().empty();
      rows.push_back({"  " + printable(arm.at("arm").get<std::string>()),
                      (arm.at("tuned").is_null() ? "none" : setting_text(arm.at("tuned"))) + (edge ? " (edge)" : ""),
                      flops_text(arm.at("search_flops").get<double>())});
      for (const size_t h : shown_budgets(trials)) rows.back().push_back(score_text(arm.at("expected_best").at(h - 1)));
    }
    out += "tuning of " + printable(suite.get<std::string>()) + ": expected best validation score of h of the " +
           std::to_string(trials) + " trials\n" + aligned(rows);
  }
  return out;
}

}  // namespace loom
