// SPDX-License-Identifier: Apache-2.0
#include "architectures/combiners/_weights.h"

namespace loom::combiners {
namespace task_arithmetic_detail {

Arrays merge(const Json& options, MergeContext& context) {
  const std::vector<weights::Weights> deltas = weights::deltas(context);
  weights::Weights sum = weights::mean_of(deltas);
  for (auto& [name, values] : sum)
    for (double& value : values) value *= static_cast<double>(deltas.size());
  return weights::scaled(options, context, sum);
}

}  // namespace task_arithmetic_detail

CombinerSource task_arithmetic() {
  return {.facts = {.kind = "combiner",
                    .name = "task_arithmetic",
                    .summary = "the seed plus lambda times the sum of what each member learned since; 1 / members: "
                               "their mean",
                    .paper = "Ilharco et al. 2023",
                    .view = "weights",
                    .access = {"W", "S0"},
                    .fields = weights::scale_fields()},
          .merge = task_arithmetic_detail::merge,
          .needs_seed = true};
}

}  // namespace loom::combiners
