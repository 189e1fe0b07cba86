// SPDX-License-Identifier: Apache-2.0
#include "architectures/_continued.h"

namespace loom::architectures {

// What upcycling has to beat: the same dense network, stopped and trained on.
Architecture continued() {
  return {.facts = {.kind = "architecture",
                    .name = "continued",
                    .summary = "the monolith, stopped and continued: the control of upcycling",
                    .paper = "Komatsuzaki et al. 2023 (dense continuation)",
                    .family = "monolith",
                    .view = "weights",
                    .access = {"D", "R"},
                    .fields = {share_field(), backbone_field()}},
          .members =
              [](const RecipeContext& context) {
                TrainSpec second = context.pooled(context.network());
                second.parent = 0;
                return continued_members(context, second, context.options.at("share"));
              },
          .assemble = assemble_network};
}

}  // namespace loom::architectures
