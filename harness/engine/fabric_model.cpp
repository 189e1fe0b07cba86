// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "harness/engine/model.h"
#include "harness/error.h"

namespace loom {
namespace fabric_model_detail {

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// FNV-1a over an item's bytes: equal inputs route alike whatever their batch.
uint64_t row_key(const at::Tensor& row) {
  const auto bytes = row.to(at::kCPU).contiguous();
  const auto* data = static_cast<const unsigned char*>(bytes.data_ptr());
  uint64_t key = 1469598103934665603ULL;
  for (size_t i = 0; i < bytes.nbytes(); ++i) key = (key ^ data[i]) * 1099511628211ULL;
  return key ^ (key >> 29);
}

bool is_one_hot(std::span<const float> weights) {
  return std::ranges::all_of(weights, [](float weight) { return weight == 0 || weight == 1; });
}

at::Tensor as_tensor(const std::vector<float>& values, at::IntArrayRef shape, const at::Tensor& like) {
  return at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat).clone().to(like.device());
}

// log sum_k w_k p_k; parts [K, R, T, V] (or [K, R, V]), weights broadcastable to [K, R, T, 1].
at::Tensor log_mix(const at::Tensor& parts, const at::Tensor& weights) {
  const auto absent = weights == 0;  // also where such a member is not finite
  auto weighted = parts + weights.log();
  if (absent.any().item<bool>()) weighted = weighted.masked_fill(absent, -INFINITY);
  return at::logsumexp(weighted, {0});
}

}  // namespace fabric_model_detail

using namespace fabric_model_detail;

FabricModel::FabricModel(std::vector<std::shared_ptr<Network>> members, std::shared_ptr<Router> router,
                         Json combiner_options, std::unique_ptr<Combiner> combiner, TaskShape shape)
    : members_(std::move(members)),
      router_(std::move(router)),
      combiner_options_(std::move(combiner_options)),
      combiner_(std::move(combiner)),
      shape_(shape) {
  check(!members_.empty() && combiner_ != nullptr, "a fabric has members and a combiner");
  check(!combiner_->needs_router() || router_ != nullptr, "this combiner needs a router");
}

std::vector<float> FabricModel::gate(const at::Tensor& inputs, const at::Tensor& domains) const {
  const int64_t rows = inputs.size(0), members = std::ssize(members_);
  GateInput input{.rows = rows, .members = members, .domain = {}, .router_log_probs = {}, .key = {}};
  std::vector<int32_t> domain;
  if (domains.defined() && find_combiner(combiner_options_.at("name").get<std::string>()).facts.level == "domain") {
    const auto ints = domains.to(at::kCPU).to(at::kInt).contiguous();
    domain.assign(ints.data_ptr<int32_t>(), ints.data_ptr<int32_t>() + rows);
    input.domain = domain;
  }
  at::Tensor opinion;
  if (combiner_->needs_router()) {
    opinion = router_->log_probs(inputs).to(at::kCPU).contiguous();
    input.router_log_probs = {opinion.data_ptr<float>(), static_cast<size_t>(opinion.numel())};
  }
  std::vector<uint64_t> keys;
  if (combiner_->needs_keys()) {
    const auto read = prefix() > 0 ? inputs.narrow(1, 0, std::min(prefix(), inputs.size(1))) : inputs;
    for (int64_t row = 0; row < rows; ++row) keys.push_back(row_key(read[row]));
    input.key = keys;
  }
  std::vector<float> weights(static_cast<size_t>(rows * members));
  combiner_->gate(input, weights);
  return weights;
}

at::Tensor FabricModel::one_hot_log_probs(const at::Tensor& inputs, const std::vector<float>& weights,
                                          Spans* spans) const {
  const int64_t rows = inputs.size(0), count = std::ssize(members_);
  const double start = seconds();
  at::Tensor result;
  for (int64_t member = 0; member < count; ++member) {
    std::vector<int64_t> own;
    for (int64_t row = 0; row < rows; ++row)
      if (weights[static_cast<size_t>(row * count + member)] == 1) own.push_back(row);
    if (own.empty()) continue;
    if (std::ssize(own) == rows) {
      result = members_[static_cast<size_t>(member)]->log_probs(inputs, {});
      break;
    }
    const auto which = to_tensor(own, inputs.device());
    const auto said = members_[static_cast<size_t>(member)]->log_probs(inputs.index_select(0, which), {});
    if (!result.defined()) {
      auto shape = said.sizes().vec();
      shape[0] = rows;
      result = at::empty(shape, said.options());
    }
    result.index_copy_(0, which, said);
  }
  if (const int64_t head = prefix();
      head > 0 && count > 1) {  // the gate reads these bytes: they are scored before it knows
    std::vector<at::Tensor> parts;
    for (const auto& member : members_)
      parts.push_back(member->log_probs(inputs.narrow(1, 0, std::min(head, inputs.size(1))), {}));
    const auto mixed =
        log_mix(at::stack(parts), at::full({1}, 1.0 / static_cast<double>(count), inputs.options().dtype(at::kFloat)));
    result = at::cat({mixed, result.narrow(1, mixed.size(1), result.size(1) - mixed.size(1))}, 1);
  }
  if (spans != nullptr) spans->experts_s += seconds() - start;
  return result;
}

at::Tensor FabricModel::mixed_log_probs(const Batch& batch, const std::vector<float>& given, Spans* spans) const {
  const at::Tensor& inputs = batch.inputs;
  const int64_t rows = inputs.size(0), count = std::ssize(members_), length = steps();
  const double start = seconds();
  std::vector<at::Tensor> said;
  for (const auto& member : members_) said.push_back(member->log_probs(inputs, {}));
  const auto parts = at::stack(said);  // [K, R, V] or [K, R, T, V]
  const double ran = seconds();
  at::Tensor weights;  // [R, T, K]
  if (given.empty()) {
    auto target = parts.gather(-1, inputs.view({1, rows, length, 1}).expand({count, rows, length, 1})).squeeze(-1);
    if (batch.scored.defined()) target = target.masked_fill(~batch.scored, 0);  // as in stored outcomes
    target = target.to(at::kCPU).contiguous();
    std::vector<float> computed(static_cast<size_t>(rows * length * count));
    MemberOutputs outputs{
        count, rows, length, shape_.outputs, {target.data_ptr<float>(), static_cast<size_t>(target.numel())}, {}};
    combiner_->weigh(outputs, computed);
    weights = as_tensor(computed, {rows, length, count}, parts);
  } else {
    weights = as_tensor(given, {rows, 1, count}, parts).expand({rows, length, count}).clone();
    if (const int64_t head = std::min(prefix(), length); head > 0)
      weights.narrow(1, 0, head).fill_(1.0 / static_cast<double>(count));
  }
  auto shaped = weights.permute({2, 0, 1}).unsqueeze(-1);  // [K, R, T, 1]
  if (parts.dim() == 3) shaped = shaped.squeeze(2);
  const auto result = log_mix(parts, shaped);
  if (spans != nullptr) {
    spans->experts_s += ran - start;
    spans->combine_s += seconds() - ran;
  }
  return result;
}

at::Tensor FabricModel::log_probs(const Batch& batch, Spans* spans) const {
  if (!combiner_->gated()) return mixed_log_probs(batch, {}, spans);
  const double start = seconds();
  const std::vector<float> weights = gate(batch.inputs, batch.domains);
  if (spans != nullptr) spans->router_s += seconds() - start;
  return is_one_hot(weights) ? one_hot_log_probs(batch.inputs, weights, spans) : mixed_log_probs(batch, weights, spans);
}

int64_t FabricModel::parameters_total() const {
  int64_t count = router_ != nullptr ? router_->network()->parameter_count() : 0;
  for (const auto& member : members_) count += member->parameter_count();
  return count;
}

int64_t FabricModel::parameters_active() const {
  const int64_t executed = prefix() > 0 ? std::ssize(members_) : combiner_->executed(std::ssize(members_));
  int64_t count = router_ != nullptr ? router_->network()->parameter_count() : 0;
  for (int64_t member = 0; member < executed; ++member)
    count += members_[static_cast<size_t>(member)]->active_parameter_count();
  return count;
}

void FabricModel::save(Json& state, Arrays& arrays) const {
  state = {{"model", "fabric"},
           {"combiner", combiner_options_},
           {"combiner_state", combiner_->state()},
           {"members", Json::array()}};
  for (size_t i = 0; i < members_.size(); ++i) {
    state["members"].push_back(to_json(members_[i]->spec()));
    add_with_prefix(arrays, members_[i]->parameters().save(0), "member" + std::to_string(i) + ".");
  }
  if (router_ == nullptr) return;
  state["router"] = {{"network", to_json(router_->network()->spec())}, {"prefix", router_->prefix()}};
  add_with_prefix(arrays, router_->network()->parameters().save(0), "router.");
}

std::unique_ptr<Model> restore_fabric_model(const Json& state, const Arrays& arrays, at::Device device) {
  std::vector<std::shared_ptr<Network>> members;
  for (size_t i = 0; i < state.at("members").size(); ++i)
    members.push_back(
        restore_network(state["members"][i], with_prefix(arrays, "member" + std::to_string(i) + "."), device));
  const TaskShape shape = members.at(0)->spec().shape;
  std::shared_ptr<Router> router;
  if (state.contains("router"))
    router =
        std::make_shared<Router>(restore_network(state["router"].at("network"), with_prefix(arrays, "router."), device),
                                 shape.kind, state["router"].at("prefix").get<int64_t>());
  auto combiner = build_combiner(state.at("combiner"));
  combiner->restore(state.at("combiner_state"));
  return std::make_unique<FabricModel>(std::move(members), std::move(router), state.at("combiner"), std::move(combiner),
                                       shape);
}

}  // namespace loom
