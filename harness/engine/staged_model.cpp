// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/staged_model.h"

#include <algorithm>

#include "harness/error.h"
#include "harness/metrics.h"

namespace loom {
namespace staged_model_detail {
namespace {

// Those of the recipe's members that the stage holds.
std::vector<Outcomes> own_members(const Stage& stage, std::span<const Outcomes> members) {
  std::vector<Outcomes> own;
  for (const size_t member : stage.members)
    if (member < members.size()) own.push_back(members[member]);
  return own;
}

Json recall(const Stage& stage, const View& test, std::span<const Outcomes> members) {
  const Json routing = stage.owner.empty() ? Json() : stage_routing(stage, test, {.members = members});
  if (routing.is_null() || !routing.contains("load")) return nullptr;
  double sum = 0;
  int64_t present = 0;
  for (size_t domain = 0; domain < stage.owner.size(); ++domain) {
    const auto shares = routing.at("load").at(domain).get<std::vector<double>>();
    const bool has_items = std::ranges::any_of(shares, [](double share) { return share > 0; });
    if (stage.owner[domain] < 0 || !has_items) continue;
    sum += shares.at(static_cast<size_t>(stage.owner[domain]));
    ++present;
  }
  return present > 0 ? Json(sum / static_cast<double>(present)) : Json(nullptr);
}

// What each event cost, and that nothing of the ledger belongs to none.
std::vector<double> flops_by_event(const Json& ledger, size_t events) {
  std::vector<double> flops(events);
  for (const Json& charge : ledger) flops.at(charge.at("event").get<size_t>()) += charge.at("flops").get<double>();
  return flops;
}

}  // namespace
}  // namespace staged_model_detail

StagedModel::StagedModel(std::vector<Stage> stages) : stages_(std::move(stages)) {
  check(!stages_.empty(), "a stream has an event");
}

Outcomes StagedModel::outcomes(const View& view, std::span<const Outcomes> members) const {
  return stage_outcomes(stages_.back(), view, members);
}

Outcomes stage_outcomes(const Stage& stage, const View& view, std::span<const Outcomes> members) {
  return stage.model->outcomes(view, staged_model_detail::own_members(stage, members));
}

Json stage_routing(const Stage& stage, const View& view, const RoutingAids& aids) {
  const std::vector<Outcomes> own = staged_model_detail::own_members(stage, aids.members);
  return stage.model->routing(view, {.members = own, .batch = aids.batch});
}

Json StagedModel::routing(const View& view, const RoutingAids& aids) const {
  return stage_routing(stages_.back(), view, aids);
}

Json stream_record(const Model& model, const View& test, std::span<const Outcomes> members, const Outcomes& untrained,
                   const Json& ledger, const Suite::Description& facts) {
  using namespace staged_model_detail;
  const auto domains = static_cast<int64_t>(facts.domains.size());
  StreamHistory history;
  history.higher_is_better = facts.higher_is_better;
  history.untrained = score(untrained, facts.metric, domains, facts.held_out).domain;
  Json recalls = Json::array();
  for (const Stage& stage : model.stages()) {
    history.events.push_back(stage.event);
    const Outcomes said = stage_outcomes(stage, test, members);
    history.scores.push_back(score(said, facts.metric, domains, facts.held_out).domain);
    recalls.push_back(recall(stage, test, members));
  }
  history.flops = flops_by_event(ledger, history.events.size());
  Json record = to_json(history);
  record["recall"] = std::move(recalls);
  return record;
}

}  // namespace loom
