// SPDX-License-Identifier: Apache-2.0
#include "architectures/_sparse.h"

namespace loom::architectures {

Architecture expert_choice() {
  return {.facts = {.kind = "architecture",
                    .name = "expert_choice",
                    .summary = "experts in every slot, each picks the rows of a batch that suit it best; an item that "
                               "is alone runs them all",
                    .paper = "Zhou et al. 2022",
                    .family = "fabric",
                    .view = "none",
                    .access = {"D", "R"},
                    .causal = false,
                    .row_independent = false,
                    .fields = {sparse::experts_field("experts per slot"),
                               {.name = "capacity",
                                .type = FieldType::real,
                                .fallback = 2,
                                .min = 0.01,
                                .max = 1024,
                                .doc = "experts that run for a row, in the mean of a batch"},
                               backbone_field()}},
          .members =
              [](const RecipeContext& context) {
                const Json& options = context.options;
                return std::vector{context.pooled(context.network({{"name", "expert_choice"},
                                                                   {"experts", options.at("experts")},
                                                                   {"capacity", options.at("capacity")}}))};
              },
          .assemble = assemble_network};
}

}  // namespace loom::architectures
