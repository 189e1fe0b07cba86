// SPDX-License-Identifier: Apache-2.0
#include "architectures/_conditioned.h"

namespace loom::architectures {

Architecture adapter_bank() {
  return {.facts = {.kind = "architecture",
                    .name = "adapter_bank",
                    .summary = "one network and, in every slot, a change of low rank for each domain; both learn "
                               "together, from the dense network",
                    .paper = "Hu et al. 2021 (LoRA)",
                    .family = "fabric",
                    .fields = conditioned_fields(
                        // At least 2: a product with one column would cost a member its own bits; see mlp.
                        {{.name = "rank", .fallback = 4, .min = 2, .max = 1024, .doc = "rank of a domain's change"},
                         {.name = "alpha",
                          .type = FieldType::real,
                          .fallback = 8,
                          .min = 0.001,
                          .max = 1000,
                          .doc = "the change is scaled by alpha / rank"}})},
          .reject = conditioned_rejection,
          .members =
              [](const RecipeContext& context) {
                const Json layer = {{"name", "lora"},
                                    {"rank", context.options.at("rank")},
                                    {"alpha", context.options.at("alpha")},
                                    {"tasks", context.shape.domains}};
                return conditioned_members(context, layer, Heads::shared);
              },
          .assemble = assemble_tagged,
          .restore = restore_fabric_model};
}

}  // namespace loom::architectures
