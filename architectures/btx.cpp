// SPDX-License-Identifier: Apache-2.0
#include "architectures/_sparse.h"
#include "harness/partition.h"

namespace loom::architectures {
namespace btx_detail {

std::optional<std::string> reject(const Json& options, const TaskShape& shape) {
  const Json& partition = options.at("partition");
  const int64_t parts = find_partition(partition.at("name").get<std::string>()).parts(partition, shape);
  if (find_partition(partition.at("name").get<std::string>()).pooled)
    return "specialists that all have all data are no specialists; take partition domain or random";
  if (options.at("seed_share").get<double>() + options.at("finetune_share").get<double>() >= 1)
    return "seed_share and finetune_share leave nothing for the specialists";
  return sparse::reject(options, parts);
}

// A seed; a specialist of each part from it; their slots side by side as the experts of one network, all else averaged;
// that network trained on everything. Each stage takes up the pooled order where the one before left it.
std::vector<TrainSpec> members(const RecipeContext& context) {
  const Json& options = context.options;
  const Json& partition = options.at("partition");
  const PartitionSource& source = find_partition(partition.at("name").get<std::string>());
  const auto samples = static_cast<double>(context.samples);
  const double finetune_share = options.at("finetune_share");
  TrainSpec seed = context.pooled(context.network());
  seed.steps = context.steps(options.at("seed_share").get<double>() * samples);
  seed.stage = "seed";
  seed.deployed = false;
  std::vector<TrainSpec> specs = {seed};
  const int64_t seed_samples = seed.steps * context.batch;
  const double rest = std::max(samples - static_cast<double>(seed_samples) - finetune_share * samples, 0.0);
  const auto shares = context.part_shares(partition);
  TrainSpec mixture = context.pooled(context.network(sparse::layer(options, std::ssize(shares))));
  for (int64_t part = 0; part < source.parts(partition, context.shape); ++part) {
    TrainSpec member = context.pooled(context.network());
    member.partition = partition;
    member.part = part;
    member.steps = context.steps(rest * shares[static_cast<size_t>(part)]);
    member.begin = seed_samples;
    member.init_index = static_cast<uint64_t>(part);
    member.parent = 0;
    member.deployed = false;
    member.participant = part;
    mixture.stitched.push_back(std::ssize(specs));
    specs.push_back(member);
  }
  mixture.steps = context.steps(finetune_share * samples);
  mixture.begin = seed_samples + std::llround(rest);
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
                .fields = {sparse::top_k_field(),
                           {.name = "seed_share",
                            .type = FieldType::real,
                            .fallback = 0.25,
                            .min = 0.001,
                            .max = 0.999,
                            .doc = "share of the training samples spent on the seed"},
                           {.name = "finetune_share",
                            .type = FieldType::real,
                            .fallback = 0.25,
                            .min = 0.001,
                            .max = 0.999,
                            .doc = "share spent on the stitched network"},
                           sparse::balance_field(),
                           {.name = "partition",
                            .type = FieldType::component,
                            .fallback = "domain",
                            .component = "partition",
                            .doc = "who gets which data"},
                           backbone_field()}},
      .reject = btx_detail::reject,
      .members = btx_detail::members,
      .assemble = assemble_network};
}

}  // namespace loom::architectures
