// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "harness/io.h"
#include "harness/planning.h"
#include "harness/throughput.h"
#include "harness/tuning.h"

namespace loom {
namespace plan_listing_detail {

constexpr double kTrialBytes = 4e5;

std::string format(const char* pattern, auto... values) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

std::string size_of(const Json& component) {
  if (!component.contains("backbone")) return "-";
  const Json& backbone = component.at("backbone");
  return backbone.at("name").get<std::string>() + " " + backbone.at("width").dump() +
         (backbone.at("hidden").is_null() ? "" : "/" + backbone.at("hidden").dump());
}

// "  learning_rate=0.004 (edge)"
std::string tuned_text(const Json& row) {
  if (!row.contains("tuned") || row.at("tuned").is_null()) return "";
  return "  " + setting_text(row.at("tuned")) + (row.at("edge").get<std::string>().empty() ? "" : " (edge)");
}

std::string row_line(const Json& row) {
  std::string line = format("  %-10s %-34s %-9s", row.at("column").get<std::string>().c_str(),
                            row.at("arm").get<std::string>().c_str(), row.at("role").get<std::string>().c_str());
  if (row.at("status") == "rejected") return line + " rejected: " + row.at("reason").get<std::string>() + "\n";
  if (row.at("status") == "pending" && row.contains("tuned") && row.at("tuned").is_null())
    return line + " settings chosen on validation, after " + std::to_string(row.at("tuning").size()) +
           " tuning trials\n";
  if (row.at("status") == "pending")
    return line + " width chosen on validation, after " + std::to_string(row.at("selection").size()) +
           " of its selection trials\n";
  if (!row.contains("ratios")) return line + " predictions made elsewhere\n";
  const Json& ratios = row.at("ratios");
  return line +
         format(" %-20s samples %-9ld train %.3f  infer %.3f  params %.3f", size_of(row.at("component")).c_str(),
                row.at("costs").at("samples").get<long>(), ratios.at("train_flops").get<double>(),
                ratios.at("infer_flops").get<double>(), ratios.at("params").get<double>()) +
         tuned_text(row) + "\n";
}

// The trials behind the choices of settings and widths: cached or not, they stand beside the budget.
std::string search_line(const Json& plan) {
  double flops = 0;
  long trials = 0;
  for (const auto& [id, trial] : plan.at("trials").items()) {
    if (trial.value("role", "") != "tuning") continue;
    ++trials;
    flops += trial.at("costs").at("train_flops").get<double>();
  }
  if (trials == 0) return "";
  return format("%ld trials choose settings and widths: %.3g training FLOPs beside the budget\n", trials, flops);
}

// Where the seconds come from.
std::string rates_line(const TimeEstimate& estimate) {
  std::string out;
  for (const Throughput& rate : estimate.rates) {
    if (rate.network.empty()) continue;
    out += (out.empty() ? "  at " : ", ") + format("%.2g FLOP/s for %s (", rate.flops_per_s, rate.network.c_str());
    out += rate.members > 0 ? format("%d stored members)", rate.members) : "nominal: none is stored)";
  }
  return out.empty() ? "" : out + "\n";
}

std::string changed_code(const Json& plan, const Json& old) {
  std::string names;
  const Json& now = plan.at("code");
  if (now.at("engine") != old.at("code").at("engine")) names += " engine";
  for (const auto& [name, digest] : now.at("components").items())
    if (old.at("code").at("components").value(name, Json()) != digest) names += " " + name;
  return names;
}

// Why rows of the previous plan that are still in this one have other trials.
std::string stale_line(const Json& plan, const Json& old) {
  if (!old.is_object()) return "";
  std::set<std::string> now, then;
  for (const std::string& id : reported_trials(plan)) now.insert(id);
  for (const std::string& id : reported_trials(old)) then.insert(id);
  const auto stale = std::ranges::count_if(then, [&](const std::string& id) { return !now.contains(id); });
  if (stale == 0) return "";
  std::string why = changed_code(plan, old);
  why = why.empty() ? "" : " code of" + why + ";";
  for (const auto& [label, suite] : plan.at("suites").items())
    if (old.at("suites").contains(label) && old.at("suites").at(label).at("digest") != suite.at("digest"))
      why += " data of " + label + ";";
  if (plan.at("experiment") != old.at("experiment")) why += " config;";
  return format("  %ld trials of the previous plan are stale: changed%s\n", static_cast<long>(stale),
                why.empty() ? " selection;" : why.c_str());
}

}  // namespace plan_listing_detail

std::string plan_listing(const Json& plan, const Json& old_plan, const Places& places, int workers) {
  using namespace plan_listing_detail;
  std::vector<std::string> wanted = reported_trials(plan);
  const size_t reported = wanted.size();
  for (const std::string& id : pending_trials(plan)) wanted.push_back(id);
  const Missing missing = missing_jobs(plan, places, wanted);
  std::string text;
  for (const auto& [label, suite] : plan.at("suites").items()) {
    text += label + " (" + suite.at("metric").get<std::string>() + ", " + std::to_string(suite.at("domains").size()) +
            " domains)\n";
    for (const Json& row : plan.at("rows"))
      if (row.at("suite") == label) text += row_line(row);
  }
  double flops = 0;
  for (const std::string& id : missing.members) flops += plan.at("members").at(id).at("flops").get<double>();
  const TimeEstimate estimate = estimate_time(plan, missing.members, places);
  const double seconds = estimate.cpu_s / std::max(workers, 1);
  text += format("%zu trials: %zu cached, %zu to do", reported, wanted.size() - missing.trials.size(),
                 missing.trials.size());
  if (!plan.at("pending").empty())
    text += format(" (%zu of them choose settings and widths; more follow)", plan.at("pending").size());
  text += "\n" + search_line(plan);
  text += format("%zu members to train: %.3g training FLOPs, about %.0f s on %d workers, %.0f MB of disk\n",
                 missing.members.size(), flops, std::ceil(seconds), workers,
                 (static_cast<double>(missing.trials.size() + missing.members.size()) * kTrialBytes) / 1e6);
  return text + rates_line(estimate) + stale_line(plan, old_plan);
}

}  // namespace loom
