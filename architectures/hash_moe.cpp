// SPDX-License-Identifier: Apache-2.0
#include "architectures/_sparse.h"

namespace loom::architectures {

Architecture hash_moe() {
  return {
      .facts = {.kind = "architecture",
                .name = "hash_moe",
                .summary = "experts in every slot, chosen by a fixed hash of the byte or the item; nothing learns to "
                           "route",
                .paper = "Roller et al. 2021",
                .family = "fabric",
                .view = "none",
                .access = {"D", "R"},
                .fields = {sparse::experts_field("experts per slot"),
                           {.name = "hash_seed",
                            .fallback = 0,
                            .min = 0,
                            .max = 1e9,
                            .doc = "which of the fixed random hashes"},
                           backbone_field()}},
      .members =
          [](const RecipeContext& context) {
            const Json& options = context.options;
            return std::vector{context.pooled(context.network(
                {{"name", "hash_moe"}, {"experts", options.at("experts")}, {"hash_seed", options.at("hash_seed")}}))};
          },
      .assemble = assemble_network};
}

}  // namespace loom::architectures
