// SPDX-License-Identifier: Apache-2.0
#include "harness/engine/architecture.h"

namespace loom::architectures {
namespace sparse_moe_detail {

Field weight(const char* name, double fallback, const char* doc) {
  return {.name = name, .type = FieldType::real, .fallback = fallback, .min = 0, .max = 10, .doc = doc};
}

// What is switched off is left out, so that a network without it keeps its id.
Json layer(const Json& options) {
  Json layer = {{"name", "sparse_moe"},
                {"experts", options.at("experts")},
                {"top_k", options.at("top_k")},
                {"balance", options.at("balance")}};
  for (const char* key : {"shared", "z_loss", "noise", "capacity"})
    if (const Json value = options.value(key, Json()); !value.is_null() && value != 0) layer[key] = value;
  return layer;
}

}  // namespace sparse_moe_detail

Architecture sparse_moe() {
  using namespace sparse_moe_detail;
  return {
      .facts = {.kind = "architecture",
                .name = "sparse_moe",
                .summary = "experts in every slot, trained jointly; the top_k of each row run",
                .paper = "Shazeer et al. 2017; Fedus et al. 2021; Zoph et al. 2022; Dai et al. 2024",
                .family = "fabric",
                .fields = {{.name = "experts", .fallback = 4, .min = 1, .max = 1024, .doc = "experts per slot"},
                           {.name = "top_k", .fallback = 1, .min = 1, .max = 1024, .doc = "experts that run for a row"},
                           weight("balance", 0.01, "weight of the load-balance loss"),
                           {.name = "shared",
                            .fallback = 0,
                            .min = 0,
                            .max = 1024,
                            .doc = "further experts per slot that run for every row, ungated"},
                           weight("z_loss", 0, "weight of the square of the gate's log-partition"),
                           weight("noise", 0, "standard deviation of what training adds to the gate's logits"),
                           {.name = "capacity",
                            .type = FieldType::real,
                            .fallback = nullptr,
                            .min = 0.01,
                            .max = 1024,
                            .doc = "in training, times its even share an expert takes of a batch; the rest of its "
                                   "choices give zero, and are charged; dropless when left out"},
                           backbone_field()}},
      .reject = [](const Json& options, const TaskShape&) -> std::optional<std::string> {
        if (options.at("top_k") > options.at("experts")) return "top_k is larger than experts";
        return std::nullopt;
      },
      .members =
          [](const RecipeContext& context) {
            return std::vector{context.pooled(context.network(layer(context.options)))};
          },
      .assemble = assemble_network};
}

}  // namespace loom::architectures
