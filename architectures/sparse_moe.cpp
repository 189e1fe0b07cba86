// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/architecture.h"

namespace loom::architectures {

Architecture sparse_moe() {
  return {
      .facts = {.kind = "architecture",
                .name = "sparse_moe",
                .summary = "experts in every slot, trained jointly; the top_k of each row run",
                .paper = "Shazeer et al. 2017; Fedus et al. 2021",
                .family = "fabric",
                .fields = {{.name = "experts", .fallback = 4, .min = 1, .max = 1024, .doc = "experts per slot"},
                           {.name = "top_k", .fallback = 1, .min = 1, .max = 1024, .doc = "experts that run for a row"},
                           {.name = "balance",
                            .type = FieldType::real,
                            .fallback = 0.01,
                            .min = 0,
                            .max = 10,
                            .doc = "weight of the load-balance loss"},
                           backbone_field()}},
      .reject = [](const Json& options, const TaskShape&) -> std::optional<std::string> {
        if (options.at("top_k") > options.at("experts")) return "top_k is larger than experts";
        return std::nullopt;
      },
      .members =
          [](const RecipeContext& context) {
            const Json& options = context.options;
            return std::vector{context.pooled(context.network({{"name", "sparse_moe"},
                                                               {"experts", options.at("experts")},
                                                               {"top_k", options.at("top_k")},
                                                               {"balance", options.at("balance")}}))};
          },
      .assemble = assemble_network};
}

}  // namespace loom::architectures
