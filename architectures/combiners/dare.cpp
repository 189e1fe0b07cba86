// SPDX-License-Identifier: Apache-2.0
#include "architectures/combiners/_weights.h"
#include "harness/random.h"

namespace loom::combiners {
namespace dare_detail {

// Each change is dropped with probability p and kept as 1 / (1 - p) of itself, so that its expectation stays. The draws
// are a function of the trial's seed, the member and the name: what they vary belongs to the variance over seeds.
void drop(weights::Weights& delta, double p, uint64_t seed, uint64_t member) {
  for (auto& [name, values] : delta) {
    Stream stream(seed, "dare/" + name, member);
    for (double& value : values) value = stream.uniform() < p ? 0 : value / (1 - p);
  }
}

Arrays merge(const Json& options, MergeContext& context) {
  std::vector<weights::Weights> deltas = weights::deltas(context);
  for (size_t member = 0; member < deltas.size(); ++member)
    drop(deltas[member], options.at("drop"), context.trial_seed(), member);
  return weights::scaled(options, context, weights::mean_of(deltas));
}

std::vector<Field> fields() {
  std::vector<Field> all = weights::scale_fields();
  all.insert(all.begin(), {.name = "drop",
                           .type = FieldType::real,
                           .fallback = 0.5,
                           .min = 0,
                           .max = 0.999,
                           .doc = "probability that a weight's change is dropped; the paper's .9 wants small changes"});
  return all;
}

}  // namespace dare_detail

CombinerSource dare() {
  return {.facts = {.kind = "combiner",
                    .name = "dare",
                    .summary = "members' changes since the seed, dropped at random and rescaled, then their mean",
                    .paper = "Yu et al. 2024",
                    .view = "weights",
                    .access = {"W", "S0"},
                    .fields = dare_detail::fields()},
          .merge = dare_detail::merge,
          .needs_seed = true};
}

}  // namespace loom::combiners
