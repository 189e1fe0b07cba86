// SPDX-License-Identifier: Apache-2.0
#include "harness/combiner.h"

#include <cmath>
#include <limits>

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

}  // namespace combiner_detail

void Combiner::fit(std::span<const Outcomes>, int64_t) {}
Json Combiner::state() const { return Json::object(); }
void Combiner::restore(const Json&) {}
void Combiner::gate(const GateInput&, std::span<float>) const { fail("this combiner is not gated"); }
void Combiner::weigh(const MemberOutputs&, std::span<float>) const { fail("this combiner is gated"); }

int64_t Combiner::flops(int64_t members, int64_t steps, int64_t outputs) const {
  return 4 * members * steps * outputs;  // exp, weight, sum, log of the mixture
}

const CombinerSource& find_combiner(std::string_view name) {
  static const std::vector<CombinerSource> all = all_combiners();
  for (const CombinerSource& source : all)
    if (source.facts.name == name) return source;
  fail("no combiner named " + std::string(name));
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
