// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/architecture.h"

namespace loom::architectures {

Architecture soft_moe() {
  return {.facts = {.kind = "architecture",
                    .name = "soft_moe",
                    .summary = "experts in every slot, trained jointly, all mixed by a gate",
                    .paper = "Jacobs et al. 1991",
                    .family = "fabric",
                    .view = "none",
                    .access = {"D", "R"},
                    .fields = {{.name = "experts", .fallback = 4, .min = 1, .max = 1024, .doc = "experts per slot"},
                               backbone_field()}},
          .members =
              [](const RecipeContext& context) {
                return std::vector{context.pooled(
                    context.network({{"name", "soft_moe"}, {"experts", context.options.at("experts")}}))};
              },
          .assemble = assemble_network};
}

}  // namespace loom::architectures
