// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/report/section.h"
#include "harness/table_parts.h"

namespace loom::report {
namespace curve_detail {
namespace {

// One trial after its k-th validation pass: of the seed model first, then of all members side by side.
struct Stage {
  double steps = 0, flops = 0, loss = 0;
};

struct MemberCurve {
  std::vector<const CurvePoint*> points;
  double flops = kUnknown;
  bool seed = false;  // trained before the others, which go on from it
};

// In the order of their first passes; those that no charge names are left out.
std::vector<MemberCurve> members_of(const TrialDetail& trial) {
  std::vector<MemberCurve> out;
  std::map<std::string, size_t> places;
  for (const CurvePoint& point : trial.curve) {
    const auto charge = std::ranges::find(trial.ledger, point.member, &Charge::member);
    if (charge == trial.ledger.end()) continue;
    const auto [place, first] = places.try_emplace(point.member, out.size());
    if (first) out.push_back({.points = {}, .flops = charge->flops, .seed = charge->stage == "seed"});
    out[place->second].points.push_back(&point);
  }
  return out;
}

void add_stages(std::vector<Stage>& out, const std::vector<MemberCurve>& members, bool seed) {
  const Stage before = out.empty() ? Stage() : out.back();
  size_t passes = SIZE_MAX, count = 0;
  for (const MemberCurve& member : members) {
    if (member.seed != seed) continue;
    passes = std::min(passes, member.points.size());
    ++count;
  }
  for (size_t pass = 0; count > 0 && pass < passes; ++pass) {
    Stage stage = {.steps = before.steps, .flops = before.flops, .loss = 0};
    for (const MemberCurve& member : members) {
      if (member.seed != seed) continue;
      const CurvePoint& point = *member.points[pass];
      stage.steps += point.step;
      stage.flops += member.flops * point.step / member.points.back()->step;
      stage.loss += point.validation_loss / static_cast<double>(count);
    }
    out.push_back(stage);
  }
}

std::vector<Stage> stages_of(const TrialDetail& trial) {
  const std::vector<MemberCurve> members = members_of(trial);
  std::vector<Stage> out;
  add_stages(out, members, true);
  add_stages(out, members, false);
  return out;
}

// The curves of a row's scored seeds; those of events follow each other otherwise and are left out.
std::vector<std::vector<Stage>> curves_of(const Study& study, const ComparedRow& row) {
  std::vector<std::vector<Stage>> out;
  for (const std::string& id : row.plan.trials) {
    const auto trial = study.store.trials.find(id);
    const auto detail = study.details.find(id);
    if (trial == study.store.trials.end() || detail == study.details.end() || trial->second.status != "ok") continue;
    if (!trial->second.stream.is_null()) return {};
    if (auto stages = stages_of(detail->second); !stages.empty()) out.push_back(std::move(stages));
  }
  return out;
}

struct Mean {
  double steps = 0, flops = 0, loss = 0;
  std::optional<Interval> interval;
};

Mean mean_of(const std::vector<std::vector<Stage>>& curves, size_t pass, double confidence) {
  std::vector<double> losses;
  Mean out;
  for (const auto& curve : curves) {
    losses.push_back(curve[pass].loss);
    out.steps += curve[pass].steps / static_cast<double>(curves.size());
    out.flops += curve[pass].flops / static_cast<double>(curves.size());
  }
  out.loss = mean(losses);
  if (losses.size() > 1 && std::isfinite(out.loss)) out.interval = t_interval(losses, confidence);
  return out;
}

Markup block_curves(Section& section, const Study& study, const ComparedBlock& block) {
  Json points = Json::array();
  Cells cells = {.header = {"arm", "pass", "steps", "training FLOPs", "validation loss"}};
  for (const ComparedRow& row : block.rows) {
    if (row.status != "ok" || row.plan.role != "arm") continue;
    const auto curves = curves_of(study, row);
    size_t passes = SIZE_MAX;
    for (const auto& curve : curves) passes = std::min(passes, curve.size());
    for (size_t pass = 0; !curves.empty() && pass < passes; ++pass) {
      const Mean at = mean_of(curves, pass, block.confidence);
      points.push_back({{"arm", row.plan.arm},
                        {"steps", number_or_null(at.steps)},
                        {"flops", number_or_null(at.flops)},
                        {"loss", number_or_null(at.loss)},
                        {"low", at.interval ? number_or_null(at.interval->low) : Json(nullptr)},
                        {"high", at.interval ? number_or_null(at.interval->high) : Json(nullptr)}});
      const double half = at.interval ? (at.interval->high - at.interval->low) / 2 : 0;
      cells.rows.push_back(
          {html("{}", row.plan.arm), html("{}", pass + 1), html("{}", table_parts::count_text(at.steps)),
           html("{}", table_parts::count_text(at.flops)),
           html("{}", table_parts::decimal(at.loss, 4) + (half > 0 ? " ±" + table_parts::decimal(half, 4) : ""))});
    }
  }
  if (points.empty()) return {};
  Markup out = figure(section, "curves", {{"points", points}},
                      "Validation loss while training in " + place(block) + "; the numbers stand in the table below");
  out += disclosure(false, html("Numbers"), table("means over seeds ± half the interval", cells));
  return out;
}

}  // namespace
}  // namespace curve_detail

Section curves(const Study& study) {
  Section out = {.id = "curves", .title = "Learning curves", .body = {}, .charts = {}};
  out.body +=
      per_block(study, [&](const ComparedBlock& block) { return curve_detail::block_curves(out, study, block); });
  out.body += out.charts.empty()
                  ? html("<p>No curve is stored beside these records.</p>\n")
                  : notes({"Validation loss in nats, means over seeds; bands: t intervals over seeds. A fabric trained "
                           "apart is drawn as one line: the loss is the mean over its members, each on its own part of "
                           "validation, so that it is easier data; steps and FLOPs are summed over members.",
                           "A shared seed model comes first; where its members take over, the line may jump."});
  return out;
}

}  // namespace loom::report
