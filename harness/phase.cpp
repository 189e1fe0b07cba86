// SPDX-License-Identifier: Apache-2.0
#include "harness/phase.h"

#include <algorithm>
#include <map>

#include "harness/error.h"
#include "harness/text_numbers.h"

namespace loom {
namespace phase_detail {
namespace {

constexpr const char* kData = "samples";

std::string words(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() ? number_text(value.get<double>()) : value.dump();
}

// What two points of one panel share; settings that are no numbers are told apart likewise.
std::string title_of(const Json& suite, const Json& search, const std::vector<Json>& arms) {
  std::string title = suite.at("name");
  for (const auto& [key, value] : suite.items())
    if (key != "name" && key != kData && key != search.at("over").get<std::string>())
      title += " " + key + "=" + words(value);
  for (const Json& arm : arms) {
    title += " · " + arm.at("label").get<std::string>();
    for (const auto& [key, value] : arm.at("component").items())
      if (key != "name" && value.is_number() && value != 0) title += " " + key + "=" + words(value);
  }
  return title;
}

std::vector<Json> searched_arms(const Json& config) {
  std::vector<Json> arms;
  for (const Json& label : config.at("search").at("between"))
    for (const Json& arm : config.at("arms"))
      if (arm.at("label") == label) arms.push_back(arm);
  return arms;
}

std::optional<double> number_at(const Json& entry, const char* key) {
  const Json value = entry.value(key, Json());
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

PhasePoint point_of(const Json& search, double samples) {
  PhasePoint point{.samples = samples,
                   .found = number_at(search, "found"),
                   .low = number_at(search, "low").value_or(kUnknown),
                   .high = number_at(search, "high").value_or(kUnknown),
                   .truth = number_at(search, "true"),
                   .above = search.at("sign_high") == 1};
  return point;
}

}  // namespace
}  // namespace phase_detail

std::vector<PhasePanel> phase_panels(const ResultStore& store) {
  using namespace phase_detail;
  std::vector<PhasePanel> panels;
  for (const Json& search : store.searches) {
    const Json& suites = store.experiment.at("suites");
    const auto named = [&](const Json& suite) { return suite.at("label") == search.at("suite"); };
    const auto config = std::find_if(suites.begin(), suites.end(), named);
    if (config == suites.end() || !config->at("suite").contains(kData)) continue;
    const std::vector<Json> arms = searched_arms(*config);
    const std::string title = title_of(config->at("suite"), config->at("search"), arms);
    auto panel = std::ranges::find(panels, title, &PhasePanel::title);
    if (panel == panels.end()) {
      // A sign of 1 at the top: there the first arm is better.
      panel = panels.insert(panels.end(), PhasePanel{.title = title,
                                                     .over = search.at("over"),
                                                     .bottom = config->at("search").at("low"),
                                                     .top = config->at("search").at("high"),
                                                     .above = search.at("between")[0],
                                                     .below = search.at("between")[1],
                                                     .suite = config->at("suite"),
                                                     .columns = {"free", "serving"},
                                                     .points = {}});
    }
    panel->points.push_back(point_of(search, config->at("suite").at(kData)));
  }
  for (PhasePanel& panel : panels) std::ranges::sort(panel.points, {}, &PhasePoint::samples);
  std::erase_if(panels, [](const PhasePanel& panel) { return panel.points.size() < 2; });
  for (PhasePanel& panel : grid_panels(store)) panels.push_back(std::move(panel));
  return panels;
}

PhaseAgreement agreement(const std::vector<PhasePanel>& panels) {
  PhaseAgreement out;
  for (const PhasePanel& panel : panels)
    for (const PhasePoint& point : panel.points) {
      if (!point.found || !point.truth) continue;
      ++out.boundaries;
      out.inside += point.low <= *point.truth && *point.truth <= point.high ? 1 : 0;
    }
  return out;
}

}  // namespace loom
