// SPDX-License-Identifier: Apache-2.0
#include "harness/birth.h"

namespace loom::births {

BirthSource branch() {
  return {.facts = {.kind = "birth",
                    .name = "branch",
                    .summary = "specialists branch from one seed model trained on all data",
                    .paper = "Li et al. 2022 (Branch-Train-Merge)",
                    .fields = {{.name = "share",
                                .type = FieldType::real,
                                .fallback = 0.25,
                                .min = 0.01,
                                .max = 0.95,
                                .doc = "share of the training samples spent on the seed"}}},
          .seed_share = [](const Json& options) { return options.at("share").get<double>(); }};
}

}  // namespace loom::births
