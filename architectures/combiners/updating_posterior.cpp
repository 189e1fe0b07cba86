// SPDX-License-Identifier: Apache-2.0
#include "architectures/combiners/_posterior.h"

namespace loom::combiners {

// Each window starts from what the windows before it in the call made likely: right for a stream of one domain after
// the other, and no answer stands alone.
CombinerSource updating_posterior() {
  return {.facts = {.kind = "combiner",
                    .name = "updating_posterior",
                    .summary = "Bayesian mixture whose prior is a moving average over the windows before",
                    .paper = "Gururangan et al. 2021",
                    .view = "target",
                    .access = {"l"},
                    .row_independent = false,
                    .inputs = {"tokens"},
                    .fields = {{.name = "top",
                                .fallback = 0,
                                .min = 0,
                                .max = 4096,
                                .doc = "only so many of the most probable members are mixed; 0: all"}}},
          .build = [](const Json& options) { return posterior(Prior::updating, options.value("top", int64_t{0})); }};
}

}  // namespace loom::combiners
