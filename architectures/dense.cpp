// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/architecture.h"

namespace loom::architectures {

Architecture dense() {
  return {.facts = {.kind = "architecture",
                    .name = "dense",
                    .summary = "one network on the pooled data: the monolith",
                    .paper = "Rumelhart et al. 1986",
                    .family = "monolith",
                    .view = "none",
                    .access = {"D", "R"},
                    .fields = {backbone_field()}},
          .members = [](const RecipeContext& context) { return std::vector{context.pooled(context.network())}; },
          .assemble = assemble_network};
}

}  // namespace loom::architectures
