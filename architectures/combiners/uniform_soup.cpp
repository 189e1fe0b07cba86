// SPDX-License-Identifier: Apache-2.0
#include "architectures/combiners/_weights.h"

namespace loom::combiners {
namespace uniform_soup_detail {

Arrays merge(const Json&, MergeContext& context) {
  return weights::narrowed(weights::mean_of(weights::all_members(context)), context.members()[0]);
}

}  // namespace uniform_soup_detail

CombinerSource uniform_soup() {
  return {.facts = {.kind = "combiner",
                    .name = "uniform_soup",
                    .summary = "the mean of all members' weights: one deployed network",
                    .paper = "Wortsman et al. 2022",
                    .view = "weights",
                    .access = {"W"}},
          .merge = uniform_soup_detail::merge};
}

}  // namespace loom::combiners
