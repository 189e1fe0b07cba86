// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "harness/engine/model.h"

namespace loom {

// What a stream of events leaves: the model of its last stage, which is deployed in the end, and those before it.
class StagedModel : public Model {
 public:
  explicit StagedModel(std::vector<Stage> stages);
  at::Tensor log_probs(const Batch& batch, Spans* spans) const override { return last().log_probs(batch, spans); }
  Outcomes outcomes(const View& view, std::span<const Outcomes> members) const override;
  int64_t parameters_total() const override { return last().parameters_total(); }
  int64_t parameters_active() const override { return last().parameters_active(); }
  int64_t formula_flops() const override { return last().formula_flops(); }
  Json routing(const View& view, const RoutingAids& aids = {}) const override;
  std::span<const Stage> stages() const override { return stages_; }
  void save(Json& state, Arrays& arrays) const override { last().save(state, arrays); }

 private:
  const Model& last() const { return *stages_.back().model; }
  std::vector<Stage> stages_;
};

// What a stage says; `members`: stored outcomes of all of the recipe's members, or empty.
Outcomes stage_outcomes(const Stage& stage, const View& view, std::span<const Outcomes> members);
Json stage_routing(const Stage& stage, const View& view, const RoutingAids& aids);  // likewise

// A trial's "stream": harness/event_stream.h's record of a staged model's stages on the test, the FLOPs of its ledger
// by event, and for each stage `recall`, the mean over the present domains of the share of items sent to the domain's
// own member (null: nothing is routed).
Json stream_record(const Model& model, const View& test, std::span<const Outcomes> members, const Outcomes& untrained,
                   const Json& ledger, const Suite::Description& facts);

}  // namespace loom
