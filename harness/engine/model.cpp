// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/model.h"

#include <algorithm>

#include "harness/engine/expert_routing.h"
#include "harness/engine/log_prob_summary.h"
#include "harness/error.h"

namespace loom {
namespace model_detail {

constexpr int64_t kVectorRows = 1024,
                  kTokenRows = 32;  // large evaluation batches; tokens hold T x vocabulary outputs a row

template <class T>
void append(std::vector<T>& into, const at::Tensor& values) {
  const auto flat = values.to(at::kCPU).contiguous().reshape(-1);
  into.insert(into.end(), flat.data_ptr<T>(), flat.data_ptr<T>() + flat.numel());
}

// What a model said about a batch, and what was true.
void append_said(Outcomes& result, const at::Tensor& said, at::Tensor targets, const at::Tensor& scored) {
  auto log_prob = said.gather(-1, targets.unsqueeze(-1)).squeeze(-1);
  if (scored.defined()) {
    log_prob = log_prob.masked_fill(~scored, 0);
    targets = targets.masked_fill(~scored, -1);
  }
  append<int32_t>(result.target, targets.to(at::kInt));
  append<float>(result.target_log_prob, log_prob);
  const LogProbSummary summary = summary_as_stored(said, /*tokens=*/said.dim() == 3);
  append<float>(result.max_log_prob, summary.highest);
  append<int32_t>(result.argmax, summary.argmax);
  append<float>(result.entropy, summary.entropy);
  if (said.dim() == 2 && said.size(-1) <= 64) append<float>(result.log_probs, said);
}

// As many rows as keep the outputs of a chunk below 64 MiB, where a tokeniser's vocabulary is large.
int64_t id_rows(const Outcomes& first) {
  constexpr int64_t kValues = int64_t{1} << 24;
  return std::clamp<int64_t>(kValues / (first.steps * first.outputs), 1, kTokenRows);
}

}  // namespace model_detail

using namespace model_detail;

Batch take_batch(const Dataset& data, const at::Tensor& rows) {
  return {data.inputs.index_select(0, rows), data.domains.index_select(0, rows),
          data.scored.defined() ? data.scored.index_select(0, rows) : at::Tensor()};
}

Outcomes empty_outcomes(const View& view, int64_t steps, int64_t outputs) {
  Outcomes result;
  result.items = std::ssize(view.indices);
  result.steps = steps;
  result.outputs = outputs;
  for (int64_t index : view.indices) {
    const auto item = static_cast<size_t>(index);
    result.domain.push_back(view.items.domain[item]);
    result.group.push_back(view.items.group[item]);
    if (!view.items.target.empty()) result.value.push_back(view.items.target[item]);
    if (!view.items.item_bytes.empty()) result.bytes.push_back(view.items.item_bytes[item]);
  }
  return result;
}

Outcomes forward_outcomes(const Model& model, const View& view) {
  c10::InferenceMode inference;
  const bool tokens = view.items.kind == InputKind::tokens, ids = tokens && !view.items.ids.empty();
  Outcomes result;
  for (int64_t begin = 0; begin < std::ssize(view.indices);) {
    const int64_t rows = !tokens ? kVectorRows : !ids ? kTokenRows : begin == 0 ? 1 : id_rows(result);
    const auto chunk = view.indices.subspan(begin, std::min<int64_t>(rows, std::ssize(view.indices) - begin));
    const auto flat = to_tensor(chunk, view.data.inputs.device());
    const Batch batch = take_batch(view.data, flat);
    const auto said = model.log_probs(batch);
    if (begin == 0) result = empty_outcomes(view, tokens ? batch.inputs.size(1) : 1, said.size(-1));
    append_said(result, said, tokens ? batch.inputs : view.data.targets.index_select(0, flat), batch.scored);
    begin += rows;
  }
  return result;
}

Outcomes Model::outcomes(const View& view, std::span<const Outcomes>) const { return forward_outcomes(*this, view); }

void add_with_prefix(Arrays& into, const Arrays& from, const std::string& prefix) {
  for (const auto& [name, array] : from) into[prefix + name] = array;
}

Arrays with_prefix(const Arrays& arrays, std::string_view prefix) {
  Arrays result;
  for (const auto& [name, array] : arrays)
    if (name.starts_with(prefix)) result[name.substr(prefix.size())] = array;
  return result;
}

std::shared_ptr<Network> restore_network(const Json& spec, const Arrays& arrays, at::Device device) {
  auto network = std::make_shared<Network>(network_spec_from_json(spec), 1, device);
  network->parameters().load(0, arrays, "saved model");
  return network;
}

at::Tensor NetworkModel::log_probs(const Batch& batch, Spans*) const {
  if (network_->spec().tags == 0) return network_->log_probs(batch.inputs, {});
  // A held-out domain has no tag of its own: its items are asked as the last one's. Only members that a router gives
  // tags to are asked so; what answers by the true domain is refused there.
  return network_->log_probs(
      batch.inputs, tag_ < 0 ? batch.domains.clamp_max(network_->spec().tags - 1) : at::full_like(batch.domains, tag_));
}

Outcomes NetworkModel::outcomes(const View& view, std::span<const Outcomes> members) const {
  return members.size() == 1 ? members[0] : forward_outcomes(*this, view);
}

Json NetworkModel::routing(const View& view, const RoutingAids& aids) const {
  return expert_routing(*network_, view, aids.batch);
}

void NetworkModel::save(Json& state, Arrays& arrays) const {
  check(tag_ < 0, "a fabric keeps its members' tags");
  state = {{"model", "network"}, {"network", to_json(network_->spec())}};
  add_with_prefix(arrays, network_->parameters().save(0), "network.");
}

std::unique_ptr<Model> restore_network_model(const Json& state, const Arrays& arrays, at::Device device) {
  return std::make_unique<NetworkModel>(restore_network(state.at("network"), with_prefix(arrays, "network."), device));
}

}  // namespace loom
