// SPDX-License-Identifier: Apache-2.0
#include "architectures/_conditioned.h"
#include "architectures/_continued.h"
#include "architectures/_part_runs.h"

namespace loom::architectures {
namespace adapter_bank_detail {

std::optional<std::string> reject(const Json& options, const TaskShape& shape) {
  if (options.at("frozen").get<bool>() && options.at("seed_share").get<double>() == 0)
    return "a frozen network that nothing was spent on has nothing to adapt; give seed_share, or frozen: false";
  return conditioned_rejection(options, shape);
}

// The dense network on everything, then its changes for each domain, from where it stands: a change begins as nothing.
std::vector<TrainSpec> members(const RecipeContext& context) {
  const Json& options = context.options;
  const Json layer = {
      {"name", "lora"}, {"rank", options.at("rank")}, {"alpha", options.at("alpha")}, {"tasks", context.shape.domains}};
  std::vector<TrainSpec> bank = conditioned_members(context, layer, Heads::shared);
  const double share = options.at("seed_share");
  if (share == 0) return bank;
  bank.front().stitched = {0};
  bank.front().stage = "adapters";
  if (options.at("frozen").get<bool>()) bank.front().trains = Trains::added;
  return continued_members(context, bank.front(), share);
}

}  // namespace adapter_bank_detail

Architecture adapter_bank() {
  return {.facts = {.kind = "architecture",
                    .name = "adapter_bank",
                    .summary = "a trained network that stays as it is and, in every slot, a change of low rank for "
                               "each domain",
                    .paper = "Hu et al. 2021 (LoRA)",
                    .family = "fabric",
                    .view = "combiner",
                    .access = {"D", "R"},
                    .fields = conditioned_fields(
                        // At least 2: a product with one column would cost a member its own bits; see mlp.
                        {{.name = "rank", .fallback = 4, .min = 2, .max = 1024, .doc = "rank of a domain's change"},
                         {.name = "alpha",
                          .type = FieldType::real,
                          .fallback = 8,
                          .min = 0.001,
                          .max = 1000,
                          .doc = "the change is scaled by alpha / rank"},
                         share_field("seed_share", 0.5,
                                     "share of the samples spent on the network before its changes; 0: they learn "
                                     "together from the start",
                                     0),
                         {.name = "frozen",
                          .type = FieldType::boolean,
                          .fallback = true,
                          .doc = "whether the network stays as the seed left it, or learns on with its changes"}})},
          .reject = adapter_bank_detail::reject,
          .members = adapter_bank_detail::members,
          .assemble = assemble_tagged,
          .restore = restore_fabric_model};
}

}  // namespace loom::architectures
