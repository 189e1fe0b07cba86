// SPDX-License-Identifier: Apache-2.0
#include "architectures/_part_runs.h"
#include "architectures/_sparse.h"
#include "harness/partition.h"

namespace loom::architectures {
namespace btx_detail {

std::optional<std::string> reject(const Json& options, const TaskShape& shape) {
  const Json& partition = options.at("partition");
  if (const auto reason = reject_pooled(partition)) return reason;
  if (options.at("seed_share").get<double>() + options.at("finetune_share").get<double>() >= 1)
    return "seed_share and finetune_share leave nothing for the specialists";
  return sparse::reject(options, find_partition(partition.at("name").get<std::string>()).parts(partition, shape));
}

// A seed; a specialist of each part from it; their slots side by side as the experts of one network, all else averaged;
// that network trained on everything. Each stage takes up the pooled order where the one before left it.
std::vector<TrainSpec> members(const RecipeContext& context) {
  const Json& options = context.options;
  const auto samples = static_cast<double>(context.samples);
  const double finetune = options.at("finetune_share").get<double>() * samples;
  std::vector<TrainSpec> specs = participant_runs(context, options.at("partition"),
                                                  options.at("seed_share").get<double>() * samples, samples - finetune);
  TrainSpec mixture = context.pooled(context.network(sparse::layer(options, std::ssize(specs) - 1)));
  for (int64_t run = 1; run < std::ssize(specs); ++run) mixture.stitched.push_back(run);
  mixture.steps = context.steps(finetune);
  mixture.begin = std::llround(samples - finetune);
  mixture.stage = "finetune";
  specs.push_back(mixture);
  return specs;
}

}  // namespace btx_detail

Architecture btx() {
  return {
      .facts = {.kind = "architecture",
                .name = "btx",
                .summary = "specialists branched from a seed become the experts of one network, which is trained on",
                .paper = "Sukhbaatar et al. 2024 (Branch-Train-MiX)",
                .family = "fabric",
                .view = "weights",
                .access = {"A", "W"},
                .fields = {sparse::top_k_field(),
                           share_field("seed_share", 0.25, "share of the samples spent on the seed"),
                           share_field("finetune_share", 0.25, "share spent on the stitched network"),
                           sparse::balance_field(), partition_field(), backbone_field()}},
      .reject = btx_detail::reject,
      .members = btx_detail::members,
      .assemble = assemble_network};
}

}  // namespace loom::architectures
