// SPDX-License-Identifier: Apache-2.0
#include "architectures/_part_runs.h"

namespace loom::architectures {
namespace routed_deltas_detail {

std::optional<std::string> reject(const Json& options, const TaskShape&) {
  if (options.at("seed_share").get<double>() + options.at("router_share").get<double>() >= 1)
    return "seed_share and router_share leave nothing for the specialists";
  return reject_pooled(options.at("partition"));
}

// A seed; specialists from it; outside the slots they are merged by task arithmetic, and what each slot of theirs
// differs from the seed's is added anew for each row, as much as a gate says that is trained alone, on items that no
// specialist has seen.
std::vector<TrainSpec> members(const RecipeContext& context) {
  const Json& options = context.options;
  const auto samples = static_cast<double>(context.samples);
  const double routing = options.at("router_share").get<double>() * samples;
  std::vector<TrainSpec> specs = participant_runs(context, options.at("partition"),
                                                  options.at("seed_share").get<double>() * samples, samples - routing);
  const int64_t runs = std::ssize(specs);
  const double scaling =
      options.at("scaling").is_null() ? 1 / static_cast<double>(runs - 1) : options.at("scaling").get<double>();
  TrainSpec merged =
      context.pooled(context.network({{"name", "task_vectors"}, {"experts", runs}, {"scaling", scaling}}));
  for (int64_t run = 0; run < runs; ++run) merged.stitched.push_back(run);
  merged.scaling = scaling;
  merged.trains = Trains::added;
  merged.split = Split::router;
  merged.steps = context.steps(routing);
  merged.stage = "router";
  specs.push_back(merged);
  return specs;
}

}  // namespace routed_deltas_detail

Architecture routed_deltas() {
  return {.facts = {.kind = "architecture",
                    .name = "routed_deltas",
                    .summary = "what specialists' slots differ from their seed's, added for each row by a trained gate",
                    .paper = "Tang et al. 2024 (WEMoE)",
                    .family = "fabric",
                    .view = "weights",
                    .access = {"A", "S0", "W"},
                    .fields = {share_field("seed_share", 0.25, "share of the samples spent on the seed"),
                               share_field("router_share", 0.1, "share spent on the gates, on the router split"),
                               {.name = "scaling",
                                .type = FieldType::real,
                                .fallback = nullptr,
                                .min = 0,
                                .max = 10,
                                .doc = "of task vectors outside the slots, and where the gates start (default: 1 / "
                                       "parts, the mean)"},
                               partition_field(),
                               backbone_field()}},
          .reject = routed_deltas_detail::reject,
          .members = routed_deltas_detail::members,
          .assemble = assemble_network};
}

}  // namespace loom::architectures
