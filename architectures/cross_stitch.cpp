// SPDX-License-Identifier: Apache-2.0
#include "architectures/_conditioned.h"

namespace loom::architectures {

Architecture cross_stitch() {
  return {.facts = {.kind = "architecture",
                    .name = "cross_stitch",
                    .summary = "a path through the slots for each domain, all run and are mixed after every layer; on "
                               "tokens each block is stitched by itself; not on tokens also a head for each domain",
                    .paper = "Misra et al. 2016",
                    .family = "fabric",
                    .view = "combiner",
                    .access = {"D", "R"},
                    .fields = conditioned_fields({})},
          .reject = conditioned_rejection,
          .members =
              [](const RecipeContext& context) {
                const Json layer = {{"name", "cross_stitch"}, {"tasks", context.shape.domains}};
                return conditioned_members(context, layer, Heads::towers);
              },
          .assemble = assemble_tagged,
          .restore = restore_fabric_model};
}

}  // namespace loom::architectures
