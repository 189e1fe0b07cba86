// SPDX-License-Identifier: Apache-2.0
#include "architectures/_rounds.h"

#include "harness/partition.h"

namespace loom::architectures {

std::vector<TrainSpec> round_members(const RecipeContext& context, const OuterStep* outer) {
  const Json& partition = context.options.at("partition");
  const auto rounds = context.options.at("rounds").get<int64_t>();
  const auto shares = context.part_shares(partition);
  const double per_round = static_cast<double>(context.samples) / static_cast<double>(rounds);
  std::vector<TrainSpec> specs;
  std::vector<std::vector<int64_t>> before;
  const auto start = [&](TrainSpec& spec) {
    if (outer != nullptr) {
      spec.rounds = before;
      spec.outer = *outer;
    } else if (!before.empty()) {
      spec.stitched = before.back();
      spec.shares = shares;
    }
  };
  for (int64_t round = 0; round < rounds; ++round) {
    const int64_t first = std::ssize(specs);
    std::vector<int64_t> now;
    for (int64_t part = 0; part < std::ssize(shares); ++part) {
      TrainSpec member = context.pooled(context.network());
      member.partition = partition;
      member.part = part;
      member.steps = context.steps(per_round * shares[static_cast<size_t>(part)]);
      member.schedule_begin = round * member.steps;
      member.schedule_steps = rounds * member.steps;
      member.begin = std::llround(static_cast<double>(round) * per_round);
      member.participant = part;
      member.deployed = false;
      start(member);
      now.push_back(first + part);
      specs.push_back(member);
    }
    before.push_back(now);
  }
  TrainSpec last = context.pooled(context.network());
  last.steps = 0;
  start(last);
  specs.push_back(last);
  return specs;
}

std::vector<Field> round_fields(std::vector<Field> own) {
  std::vector<Field> fields = {
      {.name = "rounds", .fallback = 4, .min = 1, .max = 64, .doc = "how often the parties meet"}};
  fields.insert(fields.end(), own.begin(), own.end());
  fields.push_back({.name = "partition",
                    .type = FieldType::component,
                    .fallback = "domain",
                    .component = "partition",
                    .doc = "which party has which data"});
  fields.push_back(backbone_field());
  return fields;
}

std::optional<std::string> reject_pooled_parties(const Json& options) {
  if (find_partition(options.at("partition").at("name").get<std::string>()).pooled)
    return "parties that all have all data have nothing to average for";
  return std::nullopt;
}

}  // namespace loom::architectures
