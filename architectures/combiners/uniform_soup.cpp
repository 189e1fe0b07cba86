// SPDX-License-Identifier: Apache-2.0
#include "harness/combiner.h"
#include "harness/stitch.h"

namespace loom::combiners {

CombinerSource uniform_soup() {
  return {.facts = {.kind = "combiner",
                    .name = "uniform_soup",
                    .summary = "the mean of all members' weights: one deployed network",
                    .paper = "Wortsman et al. 2022",
                    .view = "weights",
                    .access = {"W"}},
          .merge = [](const Json&, MergeContext& context) { return mean_of(context.members()); }};
}

}  // namespace loom::combiners
