// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/architecture.h"

namespace loom::architectures {

Architecture tagged() {
  return {.facts = {.kind = "architecture",
                    .name = "tagged",
                    .summary = "the monolith told the true domain by a learned input vector; a reference",
                    .paper = "Kobus et al. 2017 (domain control)",
                    .family = "monolith",
                    .view = "none",
                    .level = "domain",
                    .access = {"D", "R"},
                    .fields = {backbone_field()}},
          .members =
              [](const RecipeContext& context) {
                return std::vector{context.pooled(context.network({{"name", "dense"}}, context.shape.domains))};
              },
          .assemble = assemble_network};
}

}  // namespace loom::architectures
