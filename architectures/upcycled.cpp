// SPDX-License-Identifier: Apache-2.0
#include "architectures/_continued.h"

namespace loom::architectures {

// Every expert starts as a copy of the dense network's slot; they part company because the gate sends them other rows.
Architecture upcycled() {
  return {
      .facts = {.kind = "architecture",
                .name = "upcycled",
                .summary = "a dense network whose slots are copied into experts and trained on",
                .paper = "Komatsuzaki et al. 2023 (sparse upcycling)",
                .family = "fabric",
                .fields = {{.name = "experts", .fallback = 4, .min = 1, .max = 1024, .doc = "copies per slot"},
                           {.name = "top_k", .fallback = 1, .min = 1, .max = 1024, .doc = "experts that run for a row"},
                           share_field(),
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
            TrainSpec second = context.pooled(context.network({{"name", "sparse_moe"},
                                                               {"experts", options.at("experts")},
                                                               {"top_k", options.at("top_k")},
                                                               {"balance", options.at("balance")}}));
            second.stitched.assign(options.at("experts").get<size_t>(), 0);
            return continued_members(context, second, options.at("share"));
          },
      .assemble = assemble_network};
}

}  // namespace loom::architectures
