// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cmath>

#include "harness/engine/fabric_model.h"
#include "harness/engine/log_prob_summary.h"
#include "harness/error.h"
#include "harness/hash.h"

namespace loom {
namespace fabric_model_detail {

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Equal inputs route alike whatever their batch.
uint64_t row_key(const at::Tensor& row) {
  const auto bytes = row.to(at::kCPU).contiguous();
  return byte_key({static_cast<const char*>(bytes.data_ptr()), bytes.nbytes()});
}

at::Tensor as_tensor(const std::vector<float>& values, at::IntArrayRef shape, const at::Tensor& like) {
  return at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat).clone().to(like.device());
}

std::span<const float> floats(const at::Tensor& contiguous) {
  return {contiguous.data_ptr<float>(), static_cast<size_t>(contiguous.numel())};
}

// The member of weight one in each row [R, members].
std::vector<int64_t> choice_of(const std::vector<float>& weights, int64_t members) {
  std::vector<int64_t> choice;
  for (size_t at = 0; at < weights.size(); ++at)
    if (weights[at] == 1) choice.push_back(static_cast<int64_t>(at) % members);
  return choice;
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

FabricModel::FabricModel(std::vector<Member> members, std::shared_ptr<Router> router, Json combiner_options,
                         std::unique_ptr<Combiner> combiner, TaskShape shape, bool own_domains)
    : members_(std::move(members)),
      router_(std::move(router)),
      combiner_options_(std::move(combiner_options)),
      combiner_(std::move(combiner)),
      shape_(shape),
      own_domains_(own_domains) {
  check(!members_.empty() && combiner_ != nullptr, "a fabric has members and a combiner");
  check(!combiner_->needs_router() || router_ != nullptr, "this combiner needs a router");
}

const Facts& FabricModel::facts() const { return find_combiner(combiner_options_.at("name").get<std::string>()).facts; }

std::vector<float> FabricModel::gate(const at::Tensor& inputs, const at::Tensor& domains) const {
  const int64_t rows = inputs.size(0), members = std::ssize(members_);
  GateInput input{.rows = rows, .members = members, .domain = {}, .router_log_probs = {}, .key = {}};
  std::vector<int32_t> domain;
  if (domains.defined() && facts().level == "domain") {
    const auto ints = domains.to(at::kCPU).to(at::kInt).contiguous();
    domain.assign(ints.data_ptr<int32_t>(), ints.data_ptr<int32_t>() + rows);
    input.domain = domain;
  }
  at::Tensor opinion;
  if (combiner_->needs_router()) {
    opinion = router_->log_probs(inputs).to(at::kCPU).contiguous();
    input.router_log_probs = floats(opinion);
  }
  at::Tensor features;
  if (combiner_->needs_features()) {
    features = distance_features(inputs, shape_, prefix()).to(at::kCPU).contiguous();
    input.features = floats(features);
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

// Each row through the member that answers it, rows of one member together.
at::Tensor FabricModel::picked_log_probs(const at::Tensor& inputs, const std::vector<int64_t>& choice) const {
  at::Tensor result;
  for (int64_t member = 0; member < std::ssize(members_); ++member) {
    std::vector<int64_t> own;
    for (int64_t row = 0; row < std::ssize(choice); ++row)
      if (choice[static_cast<size_t>(row)] == member) own.push_back(row);
    if (own.empty()) continue;
    if (own.size() == choice.size()) return members_[static_cast<size_t>(member)].log_probs(inputs);
    const auto which = to_tensor(own, inputs.device());
    const auto said = members_[static_cast<size_t>(member)].log_probs(inputs.index_select(0, which));
    if (!result.defined()) {
      auto shape = said.sizes().vec();
      shape[0] = inputs.size(0);
      result = at::empty(shape, said.options());
    }
    result.index_copy_(0, which, said);
  }
  return result;
}

at::Tensor FabricModel::one_hot_log_probs(const at::Tensor& inputs, const std::vector<float>& weights) const {
  const int64_t count = std::ssize(members_), head = prefix();
  const auto result = picked_log_probs(inputs, choice_of(weights, count));
  if (head == 0 || count == 1) return result;
  // The gate reads these bytes: they are scored before it knows.
  const auto mixed = log_mix(all_log_probs(inputs.narrow(1, 0, std::min(head, inputs.size(1)))),
                             at::full({1}, 1.0 / static_cast<double>(count), inputs.options().dtype(at::kFloat)));
  return at::cat({mixed, result.narrow(1, mixed.size(1), result.size(1) - mixed.size(1))}, 1);
}

// The next member runs on the rows that are still open, and on no others.
at::Tensor FabricModel::cascaded_log_probs(const at::Tensor& inputs, std::vector<int64_t>* answered) const {
  const std::vector<int64_t> order = combiner_->order(std::ssize(members_));
  auto open = at::arange(inputs.size(0), inputs.options().dtype(at::kLong));
  at::Tensor result, sum;  // log of the sum of what the open rows' members said
  for (size_t stage = 0; stage < order.size() && open.numel() > 0; ++stage) {
    auto said = members_[static_cast<size_t>(order[stage])].log_probs(inputs.index_select(0, open));
    if (combiner_->averages()) {
      sum = stage == 0 ? said : at::logaddexp(sum, said);
      said = sum - std::log(static_cast<double>(stage + 1));
    }
    if (!result.defined()) result = at::empty_like(said);
    result.index_copy_(0, open, said);
    if (answered != nullptr)
      for (int64_t i = 0; i < open.numel(); ++i)
        (*answered)[static_cast<size_t>(open[i].item<int64_t>())] = order[stage];
    const auto surest = said.amax(-1).to(at::kCPU).contiguous();
    std::vector<int64_t> left;
    for (int64_t row = 0; row < open.numel(); ++row)
      if (!combiner_->accepts(floats(surest)[static_cast<size_t>(row)])) left.push_back(row);
    const auto rest = to_tensor(left, inputs.device());
    open = open.index_select(0, rest);
    if (sum.defined()) sum = sum.index_select(0, rest);
  }
  return result;
}

at::Tensor FabricModel::all_log_probs(const at::Tensor& inputs) const {
  std::vector<at::Tensor> said;
  for (const Member& member : members_) said.push_back(member.log_probs(inputs));
  return at::stack(said);
}

at::Tensor FabricModel::needed_log_probs(const at::Tensor& inputs, const std::vector<float>& weights) const {
  const size_t count = members_.size();
  std::vector<at::Tensor> said(count);
  at::Tensor like;
  for (size_t member = 0; member < count; ++member) {
    std::vector<int64_t> own;
    for (int64_t row = 0; row < inputs.size(0); ++row)
      if (weights[static_cast<size_t>(row) * count + member] != 0) own.push_back(row);
    if (own.empty()) continue;
    const bool all = std::ssize(own) == inputs.size(0);
    const auto which = to_tensor(own, inputs.device());
    const auto part = members_[member].log_probs(all ? inputs : inputs.index_select(0, which));
    auto shape = part.sizes().vec();
    shape[0] = inputs.size(0);
    said[member] = all ? part : at::zeros(shape, part.options()).index_copy_(0, which, part);
    like = said[member];
  }
  for (at::Tensor& part : said)
    if (!part.defined()) part = at::zeros_like(like);
  return at::stack(said);
}

std::vector<float> FabricModel::weighed(const Batch& batch, const at::Tensor& parts) const {
  const int64_t rows = batch.inputs.size(0), count = std::ssize(members_), length = steps();
  MemberOutputs outputs{
      .members = count, .rows = rows, .steps = length, .outputs = shape_.outputs, .target = {}, .log_probs = {}};
  at::Tensor target;
  LogProbSummary summary;
  if (facts().view == "target") {
    target = parts.gather(-1, batch.inputs.view({1, rows, length, 1}).expand({count, rows, length, 1})).squeeze(-1);
    if (batch.scored.defined()) target = target.masked_fill(~batch.scored, 0);  // as in stored outcomes
    target = target.to(at::kCPU).contiguous();
    outputs.target = floats(target);
  } else {
    summary = summary_as_stored(parts, shape_.kind == InputKind::tokens);
    outputs.max_log_prob = floats(summary.highest);
    outputs.entropy = floats(summary.entropy);
  }
  std::vector<float> weights(static_cast<size_t>(rows * length * count));
  combiner_->weigh(outputs, weights);
  return weights;
}

// weights [R, members], or [R, T, members] of a combiner that is not gated.
at::Tensor FabricModel::mixed_log_probs(const at::Tensor& parts, const std::vector<float>& given) const {
  const int64_t rows = parts.size(1), count = std::ssize(members_), length = steps();
  const bool each_step = std::ssize(given) == rows * length * count;
  auto weights = as_tensor(given, {rows, each_step ? length : 1, count}, parts).expand({rows, length, count}).clone();
  if (const int64_t head = std::min(prefix(), length); head > 0)
    weights.narrow(1, 0, head).fill_(1.0 / static_cast<double>(count));
  auto shaped = weights.permute({2, 0, 1}).unsqueeze(-1);  // [K, R, T, 1]
  if (parts.dim() == 3) shaped = shaped.squeeze(2);
  return log_mix(parts, shaped);
}

at::Tensor FabricModel::combined_log_probs(const at::Tensor& parts) const {
  const auto said = parts.to(at::kCPU).contiguous();
  const MemberOutputs outputs{.members = std::ssize(members_),
                              .rows = parts.size(1),
                              .steps = steps(),
                              .outputs = parts.size(-1),
                              .target = {},
                              .log_probs = floats(said)};
  std::vector<float> answer(static_cast<size_t>(said[0].numel()));
  combiner_->combine(outputs, answer);
  return as_tensor(answer, said[0].sizes(), parts);
}

at::Tensor FabricModel::log_probs(const Batch& batch, Spans* spans) const {
  Spans unread;
  Spans& time = spans != nullptr ? *spans : unread;
  const double start = seconds();
  std::vector<float> weights;
  if (combiner_->gated()) weights = gate(batch.inputs, batch.domains);
  const double routed = seconds();
  time.router_s += routed - start;
  if (combiner_->gated() && is_one_hot(weights)) {
    const auto result = one_hot_log_probs(batch.inputs, weights);
    time.experts_s += seconds() - routed;
    return result;
  }
  if (!combiner_->order(std::ssize(members_)).empty()) {
    const auto result = cascaded_log_probs(batch.inputs);
    time.experts_s += seconds() - routed;
    return result;
  }
  const bool known = combiner_->gated() && prefix() == 0;  // else all members are read, on the prefix at least
  const auto parts = known ? needed_log_probs(batch.inputs, weights) : all_log_probs(batch.inputs);
  const double ran = seconds();
  if (!combiner_->gated() && combiner_->mixes()) weights = weighed(batch, parts);
  const auto result = combiner_->mixes() ? mixed_log_probs(parts, weights) : combined_log_probs(parts);
  time.experts_s += ran - routed;
  time.combine_s += seconds() - ran;
  return result;
}

}  // namespace loom
