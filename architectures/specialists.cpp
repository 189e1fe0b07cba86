// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "architectures/_part_runs.h"
#include "harness/birth.h"
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

std::vector<TrainSpec> members(const RecipeContext& context) {
  const Json& birth = context.options.at("birth");
  const auto samples = static_cast<double>(context.samples);
  const double share = find_birth(birth.at("name").get<std::string>()).seed_share(birth);
  return part_runs(context, context.options.at("partition"), share * samples, samples);
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
    return std::make_unique<MadeNetworkModel>(merged(assembly, options, members, std::move(own)));
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
                    .view = "combiner",
                    .access = {"none"},
                    .fields = {combiner_field(),
                               partition_field(),
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
