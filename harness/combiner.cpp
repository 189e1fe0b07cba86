// SPDX-License-Identifier: Apache-2.0
#include "harness/combiner.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/error.h"

namespace loom {
namespace combiner_detail {

constexpr float kNothing = -std::numeric_limits<float>::infinity();

// log sum_k w_k exp(value_k) over values `stride` apart; members of weight zero are absent, even where they are not
// finite.
float log_mix(std::span<const float> weights, const float* values, int64_t stride) {
  float highest = kNothing;
  for (size_t k = 0; k < weights.size(); ++k)
    if (weights[k] > 0) highest = std::max(highest, values[static_cast<int64_t>(k) * stride]);
  if (!std::isfinite(highest)) return highest;
  double sum = 0;
  for (size_t k = 0; k < weights.size(); ++k)
    if (weights[k] > 0)
      sum += static_cast<double>(weights[k]) *
             std::exp(static_cast<double>(values[static_cast<int64_t>(k) * stride] - highest));
  return highest + static_cast<float>(std::log(sum));
}

class WithoutMember : public Combiner {
 public:
  WithoutMember(std::unique_ptr<Combiner> inner, int64_t lost) : inner_(std::move(inner)), lost_(lost) {}
  bool needs_router() const override { return inner_->needs_router(); }
  bool needs_keys() const override { return inner_->needs_keys(); }
  bool gated() const override { return inner_->gated(); }
  int64_t prefix() const override { return inner_->prefix(); }
  bool needs_fit() const override { return inner_->needs_fit(); }
  bool needs_features() const override { return inner_->needs_features(); }
  double fit_flops(int64_t members, int64_t items, int64_t outputs) const override {
    return inner_->fit_flops(members, items, outputs);
  }
  void declare(int64_t examples, int64_t width) override { inner_->declare(examples, width); }
  void fit(const FitInput& input) override { inner_->fit(input); }
  void save(Json& state, Arrays& arrays) const override { inner_->save(state, arrays); }
  void restore(const Json& state, const Arrays& arrays) override { inner_->restore(state, arrays); }
  // A router's second choice answers where its first is gone.
  void gate(const GateInput& input, std::span<float> weights) const override {
    std::vector<float> opinion(input.router_log_probs.begin(), input.router_log_probs.end());
    for (size_t at = static_cast<size_t>(lost_); at < opinion.size(); at += static_cast<size_t>(input.members))
      opinion[at] = kNothing;
    GateInput rest = input;
    rest.router_log_probs = opinion;
    inner_->gate(rest, weights);
    take_out(weights, input.members);
  }
  void weigh(const MemberOutputs& outputs, std::span<float> weights) const override {
    inner_->weigh(outputs, weights);
    take_out(weights, outputs.members);
  }
  int64_t executed(int64_t members) const override { return inner_->executed(members); }
  int64_t flops(int64_t members, int64_t steps, int64_t outputs) const override {
    return inner_->flops(members, steps, outputs);
  }

 private:
  void take_out(std::span<float> weights, int64_t members) const {
    check(lost_ < members && members > 1, "a fabric loses one of its members, not all");
    for (size_t at = 0; at < weights.size(); at += static_cast<size_t>(members)) {
      const auto row = weights.subspan(at, static_cast<size_t>(members));
      row[static_cast<size_t>(lost_)] = 0;
      float rest = 0;
      for (const float weight : row) rest += weight;
      const float equal = 1.0F / static_cast<float>(members - 1);
      for (float& weight : row) weight = rest > 1e-6F ? weight / rest : equal;
      row[static_cast<size_t>(lost_)] = 0;
    }
  }

  std::unique_ptr<Combiner> inner_;
  int64_t lost_;
};

}  // namespace combiner_detail

double Combiner::fit_flops(int64_t, int64_t, int64_t) const { return 0; }
void Combiner::declare(int64_t, int64_t) {}
void Combiner::fit(const FitInput&) {}
void Combiner::save(Json& state, Arrays&) const { state = Json::object(); }
void Combiner::restore(const Json&, const Arrays&) {}
void Combiner::gate(const GateInput&, std::span<float>) const { fail("this combiner is not gated"); }
void Combiner::weigh(const MemberOutputs&, std::span<float>) const { fail("this combiner does not weigh outputs"); }
void Combiner::combine(const MemberOutputs&, std::span<float>) const { fail("this combiner mixes by weights"); }
std::vector<int64_t> Combiner::order(int64_t) const { return {}; }
bool Combiner::accepts(float) const { return true; }

int64_t Combiner::flops(int64_t members, int64_t steps, int64_t outputs) const {
  return 4 * members * steps * outputs;  // exp, weight, sum, log of the mixture
}

const CombinerSource& find_combiner(std::string_view name) {
  static const std::vector<CombinerSource> all = all_combiners();
  for (const CombinerSource& source : all)
    if (source.facts.name == name) return source;
  fail("no combiner named " + std::string(name));
}

std::unique_ptr<Combiner> build_combiner(const Json& options) {
  auto combiner = find_combiner(options.at("name").get<std::string>()).build(options);
  if (!options.contains("lost")) return combiner;
  check(combiner->mixes() && combiner->order(2).empty(), "a lost member's weight goes to others: of a mixture");
  return std::make_unique<combiner_detail::WithoutMember>(std::move(combiner), options.at("lost").get<int64_t>());
}

bool is_one_hot(std::span<const float> weights) {
  return std::ranges::all_of(weights, [](float weight) { return weight == 0 || weight == 1; });
}

void mix(const MemberOutputs& outputs, std::span<const float> weights, std::span<float> target,
         std::span<float> log_probs) {
  const int64_t positions = outputs.rows * outputs.steps, width = outputs.outputs;
  check(std::ssize(weights) == positions * outputs.members, "one weight per position and member");
  for (int64_t at = 0; at < positions; ++at) {
    const auto own = weights.subspan(static_cast<size_t>(at * outputs.members), static_cast<size_t>(outputs.members));
    if (!target.empty()) target[at] = combiner_detail::log_mix(own, outputs.target.data() + at, positions);
    if (log_probs.empty()) continue;
    for (int64_t output = 0; output < width; ++output)
      log_probs[at * width + output] =
          combiner_detail::log_mix(own, outputs.log_probs.data() + at * width + output, positions * width);
  }
}

}  // namespace loom
