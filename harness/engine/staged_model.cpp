// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/staged_model.h"

#include "harness/error.h"
#include "harness/metrics.h"

namespace loom {
namespace staged_model_detail {
namespace {

Json recall(const Stage& stage, const View& test) {
  const Json routing = stage.owner.empty() ? Json() : stage.model->routing(test);
  if (routing.is_null()) return nullptr;
  double sum = 0;
  int64_t present = 0;
  for (size_t domain = 0; domain < stage.owner.size(); ++domain) {
    if (stage.owner[domain] < 0) continue;
    sum += routing.at("load").at(domain).at(static_cast<size_t>(stage.owner[domain])).get<double>();
    ++present;
  }
  return sum / static_cast<double>(present);
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
  std::vector<Outcomes> own;
  for (const size_t member : stage.members)
    if (member < members.size()) own.push_back(members[member]);
  return stage.model->outcomes(view, own);
}

Json stream_record(const Model& model, const View& test, std::span<const Outcomes> members, const Outcomes& untrained,
                   const Json& ledger, const Suite::Description& facts) {
  using namespace staged_model_detail;
  const auto domains = static_cast<int64_t>(facts.domains.size());
  StreamHistory history;
  history.higher_is_better = facts.higher_is_better;
  history.untrained = score(untrained, facts.metric, domains).domain;
  Json recalls = Json::array();
  for (const Stage& stage : model.stages()) {
    history.events.push_back(stage.event);
    history.scores.push_back(score(stage_outcomes(stage, test, members), facts.metric, domains).domain);
    recalls.push_back(recall(stage, test));
  }
  history.flops = flops_by_event(ledger, history.events.size());
  Json record = to_json(history);
  record["recall"] = std::move(recalls);
  return record;
}

}  // namespace loom
