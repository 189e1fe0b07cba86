// SPDX-License-Identifier: Apache-2.0
#include "architectures/_sparse.h"

namespace loom::architectures {

Architecture soft_slots() {
  return {.facts = {.kind = "architecture",
                    .name = "soft_slots",
                    .summary = "experts in every layer run slots, soft means of a batch's items; a look at validation "
                               "is charged as if each item filled them all",
                    .paper = "Puigcerver et al. 2024 (Soft MoE)",
                    .family = "fabric",
                    .view = "none",
                    .access = {"D", "R"},
                    .causal = false,
                    .row_independent = false,
                    .fields = {sparse::experts_field("experts per layer"),
                               {.name = "slots", .fallback = 1, .min = 1, .max = 1024, .doc = "slots of an expert"},
                               backbone_field()}},
          .members =
              [](const RecipeContext& context) {
                const Json& options = context.options;
                return std::vector{context.pooled(context.network(
                    {{"name", "soft_slots"}, {"experts", options.at("experts")}, {"slots", options.at("slots")}}))};
              },
          .assemble = assemble_network};
}

}  // namespace loom::architectures
