// SPDX-License-Identifier: Apache-2.0
#include "architectures/_continued.h"
#include "architectures/_sparse.h"

namespace loom::architectures {

// Every expert starts as a copy of the dense network's slot; they part company because the gate sends them other rows.
Architecture upcycled() {
  return {
      .facts = {.kind = "architecture",
                .name = "upcycled",
                .summary = "a dense network whose slots are copied into experts and trained on",
                .paper = "Komatsuzaki et al. 2023 (sparse upcycling)",
                .family = "fabric",
                .view = "weights",
                .access = {"D", "R"},
                .fields = {sparse::experts_field("copies per slot"), sparse::top_k_field(), share_field(),
                           sparse::balance_field(), backbone_field()}},
      .reject = [](const Json& options, const TaskShape&) { return sparse::reject(options, options.at("experts")); },
      .members =
          [](const RecipeContext& context) {
            const Json& options = context.options;
            TrainSpec second = context.pooled(context.network(sparse::layer(options, options.at("experts"))));
            second.stitched.assign(options.at("experts").get<size_t>(), 0);
            return continued_members(context, second, options.at("share"));
          },
      .assemble = assemble_network};
}

}  // namespace loom::architectures
