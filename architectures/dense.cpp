// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/architecture.h"

namespace loom::architectures {

Architecture dense() {
  return {.facts = {.kind = "architecture",
                    .name = "dense",
                    .summary = "one network on the pooled data: the monolith",
                    .family = "monolith",
                    .fields = {backbone_field()}},
          .members = [](const RecipeContext& context) { return std::vector{context.pooled(context.network())}; },
          .assemble = assemble_network};
}

}  // namespace loom::architectures
