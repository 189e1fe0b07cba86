// SPDX-License-Identifier: Apache-2.0
#include "architectures/_conditioned.h"

namespace loom::architectures {

Architecture cgc() {
  return {
      .facts = {.kind = "architecture",
                .name = "cgc",
                .summary = "experts of each domain and shared ones, under a gate for each domain and, between "
                           "hidden layers, the shared gate; depth above one is PLE; on tokens each block is a "
                           "level of its own",
                .paper = "Tang et al. 2020 (PLE)",
                .family = "fabric",
                .view = "combiner",
                .access = {"D", "R"},
                .fields = conditioned_fields(
                    {{.name = "specific", .fallback = 1, .min = 1, .max = 1024, .doc = "experts per slot and domain"},
                     {.name = "shared", .fallback = 2, .min = 1, .max = 1024, .doc = "shared experts per slot"}})},
      .reject = conditioned_rejection,
      .members =
          [](const RecipeContext& context) {
            const Json layer = {{"name", "cgc"},
                                {"specific", context.options.at("specific")},
                                {"shared", context.options.at("shared")},
                                {"tasks", context.shape.domains}};
            return conditioned_members(context, layer, Heads::towers);
          },
      .assemble = assemble_tagged,
      .restore = restore_fabric_model};
}

}  // namespace loom::architectures
