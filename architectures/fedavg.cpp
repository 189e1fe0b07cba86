// SPDX-License-Identifier: Apache-2.0
#include "architectures/_rounds.h"

namespace loom::architectures {

Architecture fedavg() {
  return {
      .facts = {.kind = "architecture",
                .name = "fedavg",
                .summary = "one network trained by parties on their own data, averaged by their sizes after each round",
                .paper = "McMahan et al. 2017 (Federated Averaging)",
                .family = "monolith",
                .view = "weights",
                .access = {"A", "R", "u"},
                .fields = round_fields({})},
      .reject = [](const Json& options, const TaskShape&) { return reject_pooled_parties(options); },
      .members = [](const RecipeContext& context) { return round_members(context, nullptr); },
      .assemble = assemble_network};
}

}  // namespace loom::architectures
