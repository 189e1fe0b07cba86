// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "harness/birth.h"
#include "harness/engine/architecture.h"
#include "harness/engine/merging.h"
#include "harness/partition.h"

namespace loom::architectures {
namespace specialists_detail {

int64_t lost_member(const Json& options) {
  const Json lost = options.value("lost", Json());
  return lost.is_null() ? -1 : lost.get<int64_t>();
}

std::optional<std::string> reject(const Json& options, const TaskShape& shape) {
  const Json& partition = options.at("partition");
  const Json& combiner = options.at("combiner");
  const int64_t parts = find_partition(partition.at("name").get<std::string>()).parts(partition, shape);
  if (const auto reason = combiner_rejection(combiner, shape, partition.at("name") == "domain")) return reason;
  if (parts < 1) return "the partition has no parts";
  if (combiner.value("target", "") == "part" && find_partition(partition.at("name").get<std::string>()).pooled)
    return "members that all have all data have no part of their own; take target: best_member";
  if (lost_member(options) >= parts || (lost_member(options) >= 0 && parts < 2))
    return "lost names member " + std::to_string(lost_member(options)) + " of " + std::to_string(parts);
  const CombinerSource& source = find_combiner(combiner.at("name").get<std::string>());
  if (lost_member(options) >= 0 && source.merge == nullptr) {
    const auto built = source.build(combiner);
    if (!built->mixes() || !built->order(2).empty() || source.facts.view == "summary")
      return "combiner " + source.facts.name + " does not say who answers for a lost member; take one that mixes";
  }
  const Json& birth = options.at("birth");
  if (source.needs_seed && find_birth(birth.at("name").get<std::string>()).seed_share(birth) <= 0)
    return "combiner " + source.facts.name + " merges what members learned since a common seed; take birth branch";
  if (lost_member(options) >= 0 && shape.kind == InputKind::tokens && combiner.at("name") != "posterior_mixture" &&
      source.merge == nullptr)
    return "on tokens the mean of all members scores the first bytes; lost goes with posterior_mixture or a merge";
  return std::nullopt;
}

// The seed model (branch only) takes its share of the pooled order; the members share the rest, each its own part of
// it.
std::vector<TrainSpec> members(const RecipeContext& context) {
  const Json& partition = context.options.at("partition");
  const PartitionSource& source = find_partition(partition.at("name").get<std::string>());
  const Json& birth = context.options.at("birth");
  const double share = find_birth(birth.at("name").get<std::string>()).seed_share(birth);
  const int64_t parts = source.parts(partition, context.shape);
  std::vector<TrainSpec> specs;
  int64_t seed_samples = 0;
  if (share > 0) {
    TrainSpec seed = context.pooled(context.network());
    seed.steps = context.steps(share * static_cast<double>(context.samples));
    seed.stage = "seed";
    seed.deployed = false;
    seed_samples = seed.steps * context.batch;
    specs.push_back(seed);
  }
  const auto rest = static_cast<double>(std::max<int64_t>(context.samples - seed_samples, 0));
  const std::vector<double> shares =
      source.pooled ? std::vector<double>(static_cast<size_t>(parts), 1.0 / static_cast<double>(parts))
                    : context.part_shares(partition);
  for (int64_t part = 0; part < parts; ++part) {
    TrainSpec member = context.pooled(context.network());
    member.partition = partition;
    member.part = source.pooled ? 0 : part;
    member.steps = context.steps(rest * shares[static_cast<size_t>(part)]);
    member.begin = seed_samples + (source.pooled ? part * member.steps * context.batch : 0);
    member.init_index = static_cast<uint64_t>(part);
    member.parent = share > 0 ? 0 : -1;
    specs.push_back(member);
  }
  return specs;
}

// Items of the router split in each member's part of the data.
std::vector<std::vector<int64_t>> own_items(const Assembly& assembly, size_t members) {
  const Json& partition = assembly.options().at("partition");
  const auto indices = assembly.indices(Split::router);
  const auto parts = assembly.parts(partition, Split::router);
  const bool pooled = find_partition(partition.at("name").get<std::string>()).pooled;
  std::vector<std::vector<int64_t>> own(members);
  for (size_t member = 0; member < members; ++member)
    for (size_t i = 0; i < indices.size(); ++i)
      if (pooled || parts[i] == static_cast<int32_t>(member)) own[member].push_back(indices[i]);
  return own;
}

std::unique_ptr<Model> assemble(Assembly& assembly) {
  Json options = assembly.options().at("combiner");
  const int64_t lost = lost_member(assembly.options());
  const CombinerSource& source = find_combiner(options.at("name").get<std::string>());
  auto members = assembly.members();
  if (source.merge != nullptr) {
    auto own = own_items(assembly, members.size());
    if (lost >= 0) members.erase(members.begin() + lost), own.erase(own.begin() + lost);
    return std::make_unique<NetworkModel>(merged(assembly, options, members, std::move(own)));
  }
  if (lost >= 0) options["lost"] = lost;
  return assemble_fabric(assembly, members_of(members), options);
}

}  // namespace specialists_detail

Architecture specialists() {
  return {.facts = {.kind = "architecture",
                    .name = "specialists",
                    .summary = "whole models trained apart, then combined: partition x birth x combiner",
                    .paper = "Li et al. 2022 (Branch-Train-Merge)",
                    .family = "fabric",
                    .fields = {combiner_field(),
                               {.name = "partition",
                                .type = FieldType::component,
                                .fallback = "domain",
                                .component = "partition",
                                .doc = "who gets which data"},
                               {.name = "birth",
                                .type = FieldType::component,
                                .fallback = "cold",
                                .component = "birth",
                                .doc = "what a specialist starts from"},
                               {.name = "lost",
                                .fallback = nullptr,
                                .min = 0,
                                .max = 4095,
                                .doc = "number of a member that fails after training; none when left out"},
                               backbone_field()}},
          .reject = specialists_detail::reject,
          .members = specialists_detail::members,
          .assemble = specialists_detail::assemble,
          .restore = restore_fabric_model};
}

}  // namespace loom::architectures
