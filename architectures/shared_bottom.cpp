// SPDX-License-Identifier: Apache-2.0
#include "architectures/_conditioned.h"

namespace loom::architectures {

Architecture shared_bottom() {
  return {.facts = {.kind = "architecture",
                    .name = "shared_bottom",
                    .summary = "one network with a head for each domain; on tokens heads of their own in place of the "
                               "tied one",
                    .paper = "Caruana 1997",
                    .family = "monolith",
                    .view = "combiner",
                    .access = {"D", "R"},
                    .fields = conditioned_fields({})},
          .reject = [](const Json& options, const TaskShape& shape) -> std::optional<std::string> {
            if (shape.adapters > 0) return "the domains have heads of their own already: here it is dense";
            return conditioned_rejection(options, shape);
          },
          .members =
              [](const RecipeContext& context) {
                auto specs = conditioned_members(context, {{"name", "dense"}}, Heads::shared);
                specs[0].network.head = {{"name", "demix"}, {"experts", context.shape.domains}};
                return specs;
              },
          .assemble = assemble_tagged,
          .restore = restore_fabric_model};
}

}  // namespace loom::architectures
