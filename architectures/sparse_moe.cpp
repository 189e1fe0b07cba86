// SPDX-License-Identifier: Apache-2.0
#include "architectures/_sparse.h"

namespace loom::architectures {
namespace sparse_moe_detail {

Field weight(const char* name, const char* doc) {
  return {.name = name, .type = FieldType::real, .fallback = 0, .min = 0, .max = 10, .doc = doc};
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
                .view = "none",
                .access = {"D", "R"},
                .fields = {sparse::experts_field("experts per slot"),
                           sparse::top_k_field(),
                           sparse::balance_field(),
                           {.name = "shared",
                            .fallback = 0,
                            .min = 0,
                            .max = 1024,
                            .doc = "further experts per slot that run for every row, ungated"},
                           weight("z_loss", "weight of the square of the gate's log-partition"),
                           weight("noise", "standard deviation of what training adds to the gate's logits"),
                           {.name = "capacity",
                            .type = FieldType::real,
                            .fallback = nullptr,
                            .min = 0.01,
                            .max = 1024,
                            .doc = "in training, times its even share an expert takes of a batch; the rest of its "
                                   "choices give zero, and are charged; dropless when left out"},
                           backbone_field()}},
      .reject = [](const Json& options, const TaskShape&) { return sparse::reject(options, options.at("experts")); },
      .members =
          [](const RecipeContext& context) {
            return std::vector{
                context.pooled(context.network(sparse::layer(context.options, context.options.at("experts"))))};
          },
      .assemble = assemble_network};
}

}  // namespace loom::architectures
