// SPDX-License-Identifier: Apache-2.0
#include "harness/tuning.h"

#include <algorithm>
#include <map>
#include <set>

#include "harness/random.h"
#include "harness/resolve.h"
#include "harness/text_numbers.h"

namespace loom {
namespace tuning_detail {
namespace {

size_t value_count(const Json& grid) {
  size_t count = 1;
  for (const auto& [key, values] : grid.items()) count *= values.size();
  return count;
}

// The point at a place of the grid, its last key varying fastest.
Json point_at(const Json& grid, size_t place) {
  size_t block = value_count(grid);
  Json point = Json::object();
  for (const auto& [key, values] : grid.items()) {
    block /= values.size();
    point[key] = values.at(place / block % values.size());
  }
  return point;
}

bool better(double a, double b, bool higher_is_better) { return higher_is_better ? a > b : a < b; }

// Keys of a point at whose smallest or largest tried value it stands, where the field goes on beyond.
std::vector<std::string> edges(std::span<const TuningTrial> trials, const Json& point) {
  constexpr size_t kBracket = 3;  // two values alone always are edges
  std::vector<std::string> out;
  for (const auto& [key, value] : point.items()) {
    if (!value.is_number()) continue;
    std::set<double> tried;
    for (const TuningTrial& trial : trials) tried.insert(trial.point.at(key).get<double>());
    const auto best = value.get<double>();
    const Field& field = config_field("train", key);
    const bool bound = field.min == best || field.max == best;
    if (tried.size() >= kBracket && !bound && (best == *tried.begin() || best == *tried.rbegin()))
      out.push_back(key + "=" + number_text(best));
  }
  return out;
}

}  // namespace
}  // namespace tuning_detail

using namespace tuning_detail;

std::vector<Json> tuning_points(const Json& tune) {
  const Json& grid = tune.at("grid");
  const size_t count = value_count(grid), wanted = std::min(count, tune.at("trials").get<size_t>());
  std::vector<int64_t> places = permutation(static_cast<int64_t>(count), Stream(0, "tuning/points", count, wanted));
  places.resize(wanted);
  std::ranges::sort(places);
  std::vector<Json> points;
  for (const int64_t place : places) points.push_back(point_at(grid, static_cast<size_t>(place)));
  return points;
}

Json to_json(const TuningTrial& trial) {
  return {{"point", trial.point},
          {"validation", trial.validation ? Json(*trial.validation) : Json(nullptr)},
          {"trial", trial.id},
          {"train_flops", trial.train_flops}};
}

std::optional<TuningChoice> choose_setting(std::span<const TuningTrial> trials, bool higher_is_better) {
  std::optional<TuningChoice> choice;
  for (size_t i = 0; i < trials.size(); ++i) {
    if (!trials[i].validation) continue;
    std::vector<std::string> at = edges(trials, trials[i].point);
    if (choice) {
      const double best = *trials[choice->index].validation, score = *trials[i].validation;
      const bool inside = score == best && at.empty() && !choice->edges.empty();
      if (!better(score, best, higher_is_better) && !inside) continue;
    }
    choice = {i, std::move(at)};
  }
  return choice;
}

std::vector<std::optional<double>> expected_best(std::span<const std::optional<double>> scores, bool higher_is_better) {
  std::vector<double> sorted;  // the best first
  for (const auto& score : scores)
    if (score) sorted.push_back(*score);
  std::ranges::sort(sorted, [&](double a, double b) { return better(a, b, higher_is_better); });
  std::vector<std::optional<double>> curve(scores.size());
  const auto total = static_cast<double>(scores.size());
  for (size_t h = scores.size() - sorted.size() + 1; h <= scores.size(); ++h) {
    // The best of h is the r-th best of all H with probability C(H-r, h-1) / C(H, h): h/H for r = 1, then by ratios.
    double chance = static_cast<double>(h) / total, mean = 0;
    for (size_t r = 1; r <= scores.size() - h + 1; ++r) {
      mean += chance * sorted[r - 1];
      const auto below = static_cast<double>(scores.size() - r);
      chance *= below > 0 ? (below - static_cast<double>(h) + 1) / below : 0;
    }
    curve[h - 1] = mean;
  }
  return curve;
}

std::string setting_text(const Json& point) {
  std::string out;
  for (const auto& [key, value] : point.items())
    out += (out.empty() ? "" : " ") + key + "=" +
           (value.is_number() ? number_text(value.get<double>()) : value.get<std::string>());
  return out;
}

std::optional<double> search_flops(const Json& row) {
  std::map<std::string, double> trials;
  for (const char* list : {"tuning", "selection"})
    if (row.contains(list))
      for (const Json& trial : row.at(list))
        trials[trial.at("trial").get<std::string>()] = trial.at("train_flops").get<double>();
  if (trials.empty()) return std::nullopt;
  double sum = 0;
  for (const auto& [id, flops] : trials) sum += flops;
  return sum;
}

}  // namespace loom
