// SPDX-License-Identifier: Apache-2.0
#include "architectures/_part_runs.h"

namespace loom::architectures {
namespace routed_deltas_detail {

// A seed; specialists from it; their slots' weights side by side, mixed anew for each row by a gate that is trained
// alone; all else averaged.
std::vector<TrainSpec> members(const RecipeContext& context) {
  const Json& options = context.options;
  const auto samples = static_cast<double>(context.samples);
  const double routing = options.at("router_share").get<double>() * samples;
  std::vector<TrainSpec> specs = participant_runs(context, options.at("partition"),
                                                  options.at("seed_share").get<double>() * samples, samples - routing);
  TrainSpec merged = context.pooled(context.network({{"name", "merged_experts"}, {"experts", std::ssize(specs) - 1}}));
  for (int64_t run = 1; run < std::ssize(specs); ++run) merged.stitched.push_back(run);
  merged.trains = Trains::gates;
  merged.steps = context.steps(routing);
  merged.begin = std::llround(samples - routing);
  merged.stage = "router";
  specs.push_back(merged);
  return specs;
}

}  // namespace routed_deltas_detail

Architecture routed_deltas() {
  return {.facts = {.kind = "architecture",
                    .name = "routed_deltas",
                    .summary = "specialists' weights in every slot, merged anew for each row by a trained gate",
                    .paper = "Tang et al. 2024 (WEMoE)",
                    .family = "fabric",
                    .fields = {share_field("seed_share", 0.25, "share of the samples spent on the seed"),
                               share_field("router_share", 0.1, "share spent on the gates"), partition_field(),
                               backbone_field()}},
          .reject = [](const Json& options, const TaskShape&) { return reject_pooled(options.at("partition")); },
          .members = routed_deltas_detail::members,
          .assemble = assemble_network};
}

}  // namespace loom::architectures
