// SPDX-License-Identifier: Apache-2.0
#include "architectures/_rounds.h"

namespace loom::architectures {

Architecture diloco() {
  return {
      .facts = {.kind = "architecture",
                .name = "diloco",
                .summary = "one network trained by parties on their own data; an outer optimiser with momentum makes "
                           "a step of each round",
                .paper = "Douillard et al. 2023 (DiLoCo)",
                .family = "monolith",
                .view = "weights",
                .access = {"A", "R", "u"},
                .fields = round_fields({{.name = "outer_learning_rate",
                                         .type = FieldType::real,
                                         .fallback = 0.7,
                                         .min = 0.001,
                                         .max = 10,
                                         .doc = "of the outer step; 1 without momentum is the mean"},
                                        {.name = "outer_momentum",
                                         .type = FieldType::real,
                                         .fallback = 0.9,
                                         .min = 0,
                                         .max = 0.999,
                                         .doc = "Nesterov's"}})},
      .reject = [](const Json& options, const TaskShape&) { return reject_pooled_parties(options); },
      .members =
          [](const RecipeContext& context) {
            const OuterStep outer{context.options.at("outer_learning_rate"), context.options.at("outer_momentum")};
            return round_members(context, &outer);
          },
      .assemble = assemble_network};
}

}  // namespace loom::architectures
