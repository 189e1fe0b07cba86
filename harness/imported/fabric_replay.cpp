// SPDX-License-Identifier: Apache-2.0
#include "harness/imported/fabric_replay.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/error.h"
#include "harness/hash.h"
#include "harness/joined_outcomes.h"
#include "harness/metrics.h"

namespace loom::imported {
namespace fabric_replay_detail {
namespace {

// Looked up here and not by find_combiner: the list of combiners is linked before the core.
const CombinerSource& source_of(const Json& combiner) {
  static const std::vector<CombinerSource> all = all_combiners();
  const auto named = [&](const CombinerSource& source) { return combiner.at("name") == source.facts.name; };
  const auto found = std::ranges::find_if(all, named);
  check(found != all.end(), "a combiner that the config knows is in the build");
  return *found;
}

bool told_domain(const Json& combiner) { return source_of(combiner).facts.level == "domain"; }

// Larger is better; ties of the metric go to the larger log-probability of the truth.
std::pair<float, float> merit(const Outcomes& said, size_t item) {
  if (!said.score.empty()) return {said.score[item], 0.0F};
  return {said.argmax[item] == said.target[item] ? 1.0F : 0.0F, said.target_log_prob[item]};
}

// Combiners choose by the log-probability of the truth; where only scores are known a score stands in its place. It is
// never mixed: such outcomes meet only combiners that pick one member.
Outcomes with_loss(Outcomes said) {
  if (said.score.empty()) return said;
  said.target.assign(said.score.size(), 0);
  said.target_log_prob = said.score;
  return said;
}

// Of an item of validation, on average, each member's; none where one is not known.
std::vector<double> declared_costs(const OutcomeTable& table, const std::vector<size_t>& members, size_t seed) {
  std::vector<double> costs;
  const std::vector<size_t> items = table.indices(Split::validation);
  for (const size_t model : members) {
    double sum = 0;
    for (const size_t item : items) sum += table.of(model, seed).cost[item];
    if (!std::isfinite(sum)) return {};
    costs.push_back(sum / static_cast<double>(items.size()));
  }
  return costs;
}

// A router without inputs: the same item is the same key in every batch and split.
uint64_t key_of(const std::string& item) { return std::stoull(sha256(item).substr(0, 16), nullptr, 16); }

}  // namespace
}  // namespace fabric_replay_detail

using namespace fabric_replay_detail;

std::string unmet_view(const Json& combiner, const OutcomeTable& table) {
  if (combiner.is_null() || combiner.at("name") == kSampleOracle) return "";
  const CombinerSource& source = source_of(combiner);
  if (source.merge != nullptr) return "it merges weights, and imported outcomes have none";
  const auto built = source.build(combiner);
  if (built->needs_router() || built->needs_features())
    return "it routes by the inputs, and imported outcomes have none";
  if (std::ranges::count(source.facts.inputs, "vector") == 0)
    return "it works on tokens, and imported outcomes are one answer per item";
  const bool picks_one = built->gated() && built->executed(2) == 1;
  if (table.outputs == 0 && !picks_one) return "it mixes log-probabilities, and the files hold only scores";
  return "";
}

Outcomes model_outcomes(const OutcomeTable& table, size_t model, size_t seed, Split split) {
  const Said& said = table.of(model, seed);
  Outcomes out;
  for (const size_t item : table.indices(split)) {
    out.domain.push_back(table.domain[item]);
    out.group.push_back(table.group[item]);
    if (table.outputs == 0) {
      out.score.push_back(said.score[item]);
      continue;
    }
    out.target.push_back(table.label[item]);
    const auto row = said.log_probs.begin() + static_cast<int64_t>(item) * table.outputs;
    out.log_probs.insert(out.log_probs.end(), row, row + table.outputs);
  }
  out.items = std::ssize(out.domain);
  out.outputs = std::max<int64_t>(table.outputs, 1);
  if (table.outputs > 0) summarise(out);
  return out;
}

FabricReplay::FabricReplay(const OutcomeTable& table, std::vector<size_t> members, Json combiner, size_t seed)
    : table_(table), members_(std::move(members)), config_(std::move(combiner)), seed_(seed) {
  check(!members_.empty() && (!config_.is_null() || members_.size() == 1), "several members need a combiner");
  check(unmet_view(config_, table).empty(), "a fabric's combiner meets its view");
  if (config_.is_null() || config_.at("name") == kSampleOracle) return;
  combiner_ = source_of(config_).build(config_);
  std::vector<Outcomes> validation;
  if (combiner_->needs_fit() || told_domain(config_)) validation = said(Split::validation);
  if (told_domain(config_)) {
    const std::string metric = table.outputs > 0 ? "accuracy" : "score";
    const auto domains = std::ssize(table.domains);
    std::vector<Scores> scores;
    for (const Outcomes& one : validation) scores.push_back(score(one, metric, domains));
    for (size_t d = 0; d < table.domains.size(); ++d)
      specialist_.push_back(static_cast<size_t>(
          std::ranges::max_element(scores, {}, [d](const Scores& one) { return one.domain[d]; }) - scores.begin()));
  }
  if (!combiner_->needs_fit()) return;
  for (Outcomes& one : validation) one = with_loss(std::move(one));
  const std::vector<double> costs = declared_costs(table, members_, seed_);
  combiner_->fit({.calibration = validation,  // the files have no other split for it
                  .domains = std::ssize(table.domains),
                  .members = std::ssize(validation),
                  .costs = costs});
}

Json FabricReplay::state() const {
  if (!specialist_.empty()) return {{"specialist", specialist_}};
  Json state = Json::object();
  Arrays arrays;
  if (combiner_ != nullptr) combiner_->save(state, arrays);
  return state;
}

std::vector<Outcomes> FabricReplay::said(Split split) const {
  std::vector<Outcomes> all;
  for (const size_t model : members_) all.push_back(model_outcomes(table_, model, seed_, split));
  return all;
}

std::vector<float> FabricReplay::gated(const Outcomes& any, Split split) const {
  std::vector<uint64_t> keys;
  if (combiner_->needs_keys())
    for (const size_t item : table_.indices(split)) keys.push_back(key_of(table_.item[item]));
  const size_t seats = specialist_.empty() ? members_.size() : specialist_.size(), count = members_.size();
  GateInput input{
      .rows = any.items, .members = static_cast<int64_t>(seats), .domain = {}, .router_log_probs = {}, .key = keys};
  if (!specialist_.empty()) input.domain = any.domain;
  std::vector<float> weights(any.domain.size() * seats);
  combiner_->gate(input, weights);
  if (specialist_.empty()) return weights;
  std::vector<float> own(any.domain.size() * count);
  for (size_t at = 0; at < weights.size(); ++at) own[at / seats * count + specialist_[at % seats]] += weights[at];
  return own;
}

std::vector<float> FabricReplay::weights(const std::vector<Outcomes>& said, Split split) const {
  const size_t items = said[0].domain.size(), count = members_.size();
  if (combiner_ != nullptr && combiner_->gated()) return gated(said[0], split);
  std::vector<float> weights(items * count);
  if (combiner_ == nullptr) {
    for (size_t item = 0; item < items; ++item) {
      const auto best = std::ranges::max_element(said, {}, [item](const Outcomes& one) { return merit(one, item); });
      weights[item * count + static_cast<size_t>(best - said.begin())] = 1;
    }
    return weights;
  }
  if (!combiner_->mixes()) {  // all answer together
    std::ranges::fill(weights, 1.0F / static_cast<float>(count));
    return weights;
  }
  const JoinedOutcomes joined = join(said);
  combiner_->weigh(joined.view(), weights);
  return weights;
}

Outcomes FabricReplay::combined(const std::vector<Outcomes>& said, const std::vector<float>& weights) const {
  Outcomes out;
  out.items = said[0].items;
  out.outputs = said[0].outputs;
  out.domain = said[0].domain;
  out.group = said[0].group;
  if (table_.outputs == 0) {
    for (size_t at = 0; at < weights.size(); ++at)
      if (weights[at] > 0) out.score.push_back(said[at % members_.size()].score[at / members_.size()]);
    check(std::ssize(out.score) == out.items, "one member answers each item where only scores are known");
    return out;
  }
  const JoinedOutcomes joined = join(said);
  const MemberOutputs all = joined.view();
  out.target = said[0].target;
  out.log_probs.resize(said[0].log_probs.size());
  if (combiner_ != nullptr && !combiner_->mixes())
    combiner_->combine(all, out.log_probs);
  else
    mix(all, weights, {}, out.log_probs);
  summarise(out);
  return out;
}

// Mean weight of each member per domain, over the items there.
Json FabricReplay::routing(const Outcomes& any, const std::vector<float>& weights) const {
  if (combiner_ == nullptr || !combiner_->gated() || combiner_->executed(2) != 1) return nullptr;
  const size_t count = members_.size(), domains = table_.domains.size();
  std::vector<std::vector<double>> load(domains, std::vector<double>(count));
  std::vector<double> items(domains);
  for (const int32_t domain : any.domain) ++items[static_cast<size_t>(domain)];
  for (size_t at = 0; at < weights.size(); ++at) {
    const auto domain = static_cast<size_t>(any.domain[at / count]);
    load[domain][at % count] += static_cast<double>(weights[at]);
  }
  for (size_t d = 0; d < domains; ++d)
    for (double& share : load[d]) share /= items[d];
  double entropy = 0;
  for (size_t member = 0; member < count; ++member) {
    double share = 0;
    for (size_t d = 0; d < domains; ++d) share += load[d][member] / static_cast<double>(domains);
    entropy -= share > 0 ? share * std::log(share) : 0;
  }
  return {{"load", load}, {"entropy", entropy}, {"accuracy", nullptr}};
}

// Which members ran for a row: of a gate those with weight, of a cascade all up to the last with weight, else all.
std::vector<bool> FabricReplay::ran(std::span<const float> weights) const {
  std::vector<bool> ran(weights.size());
  const bool picks = combiner_ == nullptr || combiner_->gated();
  for (size_t member = 0; member < weights.size(); ++member) ran[member] = !picks || weights[member] > 0;
  if (combiner_ == nullptr || picks) return ran;
  const std::vector<int64_t> order = combiner_->order(std::ssize(weights));
  bool needed = order.empty();  // of a cascade the last with weight answers, and those before it ran too
  for (size_t stage = order.size(); stage-- > 0;) {
    const auto member = static_cast<size_t>(order[stage]);
    needed = needed || weights[member] > 0;
    ran[member] = needed;
  }
  return ran;
}

// Members that answer the same item run side by side: their costs add up, the slowest decides. Those of a cascade wait
// for each other.
void FabricReplay::add_costs(Result& result, const std::vector<float>& weights, Split split) const {
  const size_t count = members_.size();
  const bool in_turn = combiner_ != nullptr && !combiner_->order(static_cast<int64_t>(count)).empty();
  const std::vector<size_t> items = table_.indices(split);
  for (size_t row = 0; row < items.size(); ++row) {
    const std::vector<bool> runs = ran(std::span(weights).subspan(row * count, count));
    double waited = 0;
    for (size_t member = 0; member < count; ++member) {
      if (!runs[member]) continue;
      const Said& said = table_.of(members_[member], seed_);
      result.cost += said.cost[items[row]];
      const double latency_s = said.latency_s[items[row]];
      if (std::isnan(latency_s) || std::isnan(waited))
        waited = std::nan("");
      else
        waited = in_turn ? waited + latency_s : std::max(waited, latency_s);
    }
    result.latency_s += waited;
  }
  result.cost /= static_cast<double>(items.size());
  result.latency_s /= static_cast<double>(items.size());
}

FabricReplay::Result FabricReplay::on(Split split) const {
  const std::vector<Outcomes> all = said(split);
  const std::vector<float> weight = weights(all, split);
  Result result{.outcomes = combined(all, weight), .routing = routing(all[0], weight)};
  add_costs(result, weight, split);
  return result;
}

}  // namespace loom::imported
