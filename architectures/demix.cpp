// SPDX-License-Identifier: Apache-2.0
#include "architectures/_conditioned.h"

namespace loom::architectures {

Architecture demix() {
  return {
      .facts = {.kind = "architecture",
                .name = "demix",
                .summary = "one expert for each domain in every slot, all else shared; with posterior_mixture the "
                           "domain is inferred from the text",
                .paper = "Gururangan et al. 2021",
                .family = "fabric",
                .view = "combiner",
                .access = {"D", "R"},
                .fields = conditioned_fields({})},
      .reject = conditioned_rejection,
      .members =
          [](const RecipeContext& context) {
            return conditioned_members(context, {{"name", "demix"}, {"experts", context.shape.domains}}, Heads::shared);
          },
      .assemble = assemble_tagged,
      .restore = restore_fabric_model};
}

}  // namespace loom::architectures
