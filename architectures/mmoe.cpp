// SPDX-License-Identifier: Apache-2.0
#include "architectures/_conditioned.h"
#include "architectures/_sparse.h"

namespace loom::architectures {

Architecture mmoe() {
  return {.facts = {.kind = "architecture",
                    .name = "mmoe",
                    .summary = "experts that all domains share, a gate and (not on tokens) a head for each domain",
                    .paper = "Ma et al. 2018",
                    .family = "fabric",
                    .view = "combiner",
                    .access = {"D", "R"},
                    .fields = conditioned_fields({sparse::experts_field("experts per slot")})},
          .reject = conditioned_rejection,
          .members =
              [](const RecipeContext& context) {
                const Json layer = {
                    {"name", "mmoe"}, {"experts", context.options.at("experts")}, {"tasks", context.shape.domains}};
                return conditioned_members(context, layer, Heads::towers);
              },
          .assemble = assemble_tagged,
          .restore = restore_fabric_model};
}

}  // namespace loom::architectures
