// SPDX-License-Identifier: Apache-2.0
#include "architectures/combiners/_posterior.h"

namespace loom::combiners {

CombinerSource posterior_mixture() {
  return {.facts = {.kind = "combiner",
                    .name = "posterior_mixture",
                    .summary = "Bayesian mixture: weights from the likelihood of the prefix",
                    .paper = "Gururangan et al. 2021; Li et al. 2022",
                    .view = "target",
                    .access = {"l"},
                    .inputs = {"tokens"},
                    .fields = {{.name = "top",
                                .fallback = 0,
                                .min = 0,
                                .max = 4096,
                                .doc = "only so many of the most probable members are mixed; 0: all"},
                               {.name = "prior",
                                .type = FieldType::choice,
                                .fallback = "uniform",
                                .choices = {"uniform", "cached"},
                                .doc = "of each window: uniform, or the mean posterior of 100 calibration windows"}}},
          .build = [](const Json& options) {
            return posterior(options.value("prior", "uniform") == "cached" ? Prior::cached : Prior::uniform,
                             options.value("top", int64_t{0}));
          }};
}

}  // namespace loom::combiners
