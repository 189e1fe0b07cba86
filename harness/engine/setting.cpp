// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/setting.h"

#include <cmath>

#include "harness/tuning.h"

namespace loom {
namespace setting_detail {

Json trained_at(const Json& train, const Json& point) {
  Json out = train;
  out.update(point);
  return out;
}

void choose(const std::vector<TuningTrial>& trials, bool higher_is_better, bool refuse, Setting& out) {
  const auto choice = choose_setting(trials, higher_is_better);
  if (!choice) {
    out.rejected = "every one of its " + std::to_string(trials.size()) + " tuning trials diverged";
    return;
  }
  out.tuned = trials[choice->index].point;
  out.train.update(out.tuned);
  for (const std::string& edge : choice->edges) out.edge += (out.edge.empty() ? "" : ", ") + edge;
  if (refuse && !out.edge.empty())
    out.rejected = "the best setting, " + out.edge + ", lies on the edge of the values tried; widen the grid";
}

}  // namespace setting_detail

Setting choose_setting(const Json& config, const SettingSearch& search) {
  using namespace setting_detail;
  Setting out{.train = config.at("train"), .tuned = nullptr};
  const Json& tune = config.at("tune");
  const std::vector<Json> points = tuning_points(tune);
  std::vector<Solution> arms;
  for (const Json& point : points) {
    arms.push_back(search.close(trained_at(out.train, point)));
    if (arms.back().rejected.empty()) continue;
    out.rejected = "tuning at " + point.dump() + ": " + arms.back().rejected;
    return out;
  }
  std::vector<TuningTrial> trials;
  for (size_t i = 0; i < points.size(); ++i) {
    const auto [id, score] = search.validate(arms[i], trained_at(out.train, points[i]));
    const bool scored = score && std::isfinite(*score);
    trials.push_back({points[i], scored ? score : std::nullopt, id, arms[i].costs.train_flops});
    out.pending = out.pending || !score;
    if (score) out.tuning.push_back(to_json(trials.back()));
  }
  if (!out.pending) choose(trials, search.higher_is_better, tune.at("edge") == "refuse", out);
  return out;
}

}  // namespace loom
