// SPDX-License-Identifier: Apache-2.0
#include "architectures/combiners/_weights.h"

namespace loom::combiners {
namespace fisher_detail {

constexpr double kFloor = 1e-10;  // where nobody's loss depends on a weight, its plain mean

Arrays merge(const Json& options, MergeContext& context) {
  const std::vector<weights::Weights> all = weights::all_members(context);
  std::vector<weights::Weights> importance;
  for (const Arrays& one : context.fisher(options.at("items"))) importance.push_back(weights::widened(one));
  weights::Weights merged = all[0];
  for (auto& [name, values] : merged)
    for (size_t at = 0; at < values.size(); ++at) {
      double sum = 0, total = 0;
      for (size_t member = 0; member < all.size(); ++member) {
        const double weight = importance[member].at(name)[at] + kFloor;
        sum += weight * all[member].at(name)[at];
        total += weight;
      }
      values[at] = sum / total;
    }
  return weights::narrowed(merged, context.members()[0]);
}

}  // namespace fisher_detail

CombinerSource fisher() {
  return {.facts = {.kind = "combiner",
                    .name = "fisher",
                    .summary = "the mean of weights, each weighted by its diagonal Fisher information on the member's "
                               "own part of the router split",
                    .paper = "Matena and Raffel 2022",
                    .view = "weights",
                    .access = {"W", "Z"},
                    .fields = {{.name = "items",
                                .fallback = 256,
                                .min = 1,
                                .max = 1000000,
                                .doc = "items of a member's part at most, each a backward pass of its own"}}},
          .merge = fisher_detail::merge};
}

}  // namespace loom::combiners
