// SPDX-License-Identifier: Apache-2.0
#include "architectures/_part_runs.h"

#include <algorithm>

#include "harness/partition.h"

namespace loom::architectures {

std::vector<TrainSpec> part_runs(const RecipeContext& context, const Json& partition, double seed_samples,
                                 double samples) {
  const PartitionSource& source = find_partition(partition.at("name").get<std::string>());
  std::vector<TrainSpec> specs;
  int64_t begin = 0;
  if (seed_samples > 0) {
    TrainSpec seed = context.pooled(context.network());
    seed.steps = context.steps(seed_samples);
    seed.stage = "seed";
    seed.deployed = false;
    begin = seed.steps * context.batch;
    specs.push_back(seed);
  }
  const int64_t parts = source.parts(partition, context.shape);
  const double rest = std::max(samples - static_cast<double>(begin), 0.0);
  const std::vector<double> shares =
      source.pooled ? std::vector<double>(static_cast<size_t>(parts), 1.0 / static_cast<double>(parts))
                    : context.part_shares(partition);
  for (int64_t part = 0; part < parts; ++part) {
    TrainSpec member = context.pooled(context.network());
    member.partition = partition;
    member.part = source.pooled ? 0 : part;
    member.steps = context.steps(rest * shares[static_cast<size_t>(part)]);
    member.begin = begin + (source.pooled ? part * member.steps * context.batch : 0);
    member.init_index = static_cast<uint64_t>(part);
    member.parent = seed_samples > 0 ? 0 : -1;
    specs.push_back(member);
  }
  return specs;
}

std::vector<TrainSpec> participant_runs(const RecipeContext& context, const Json& partition, double seed_samples,
                                        double samples) {
  std::vector<TrainSpec> specs = part_runs(context, partition, seed_samples, samples);
  int64_t participant = 0;
  for (TrainSpec& spec : specs) {
    spec.deployed = false;
    if (spec.stage != "seed") spec.participant = participant++;
  }
  return specs;
}

Field partition_field() {
  return {.name = "partition",
          .type = FieldType::component,
          .fallback = "domain",
          .component = "partition",
          .doc = "who gets which data"};
}

Field share_field(const char* name, double fallback, const char* doc, double min) {
  return {.name = name, .type = FieldType::real, .fallback = fallback, .min = min, .max = 0.999, .doc = doc};
}

std::optional<std::string> reject_pooled(const Json& partition) {
  if (find_partition(partition.at("name").get<std::string>()).pooled)
    return "specialists that all have all data are no specialists; take partition domain or random";
  return std::nullopt;
}

}  // namespace loom::architectures
