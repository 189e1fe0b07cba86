// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "architectures/_stream.h"
#include "harness/combiner.h"
#include "harness/engine/merging.h"
#include "harness/engine/staged_model.h"

namespace loom::architectures {
namespace stream_specialists_detail {

// Each domain's specialist after each event: where it stands in the recipe.
using Owners = std::map<int32_t, size_t>;
std::vector<Owners> owners_by_event(const std::vector<StreamEvent>& events) {
  std::vector<Owners> all;
  Owners owners;
  size_t next = 0;
  for (const StreamEvent& event : events) {
    if (event.brings_data())
      owners[event.domain] = next++;
    else
      owners.erase(event.domain);
    all.push_back(owners);
  }
  return all;
}

std::optional<std::string> reject(const Json& options, const TaskShape& shape) {
  const Json& combiner = options.at("combiner");
  const CombinerSource& source = find_combiner(combiner.at("name").get<std::string>());
  if (source.needs_seed)
    return "combiner " + source.facts.name + " merges what members learned since a common seed, and a stream has none";
  if (combiner.value("target", "domain") != "domain")
    return "the router of a stream learns domains; take target: domain";
  if (source.merge == nullptr)
    if (const auto built = build_combiner(combiner); built->needs_fit() || built->needs_features())
      return "combiner " + source.facts.name + " is fitted on all domains at once, which a stream does not have";
  return stream::reject(options, shape);
}

std::vector<TrainSpec> members(const RecipeContext& context) {
  const auto events = stream::events(context.options, context.shape);
  const auto owners = owners_by_event(events);
  const auto runs = static_cast<size_t>(std::ranges::count_if(events, &StreamEvent::brings_data));
  const bool first = context.options.at("start") == "first";
  std::vector<TrainSpec> specs;
  for (size_t event = 0; event < events.size(); ++event) {
    if (!events[event].brings_data()) continue;
    TrainSpec spec = stream::run(context, event, {stream::data_of(events, event)}, runs);
    spec.init_index = specs.size();
    if (events[event].kind == StreamEvent::Kind::update)
      spec.parent = static_cast<int64_t>(owners[event - 1].at(events[event].domain));
    else if (first && !specs.empty())
      spec.parent = 0;
    specs.push_back(spec);
  }
  return specs;
}

// The fabric over the specialists that there are; its router knows no other domain.
class Fabrics {
 public:
  explicit Fabrics(Assembly& assembly)
      : assembly_(assembly), networks_(assembly.members()), options_(assembly.options().at("combiner")) {}

  Stage after(const StreamEvent& event, const Owners& owners) {
    Stage stage{event, nullptr, {}, std::vector<int32_t>(static_cast<size_t>(assembly_.shape().domains), -1)};
    std::vector<std::shared_ptr<Network>> present;
    for (const auto& [domain, member] : owners) {
      stage.owner[static_cast<size_t>(domain)] = static_cast<int32_t>(present.size());
      present.push_back(networks_.at(member));
      stage.members.push_back(member);
    }
    stage.model = present.size() == 1 ? std::make_shared<NetworkModel>(present[0]) : combined(present, stage);
    return stage;
  }

 private:
  std::shared_ptr<const Model> combined(std::vector<std::shared_ptr<Network>> present, Stage& stage) {
    const CombinerSource& source = find_combiner(options_.at("name").get<std::string>());
    if (source.merge != nullptr) {
      std::vector<std::vector<int64_t>> own(present.size());
      for (const int64_t index : assembly_.indices(Split::router))
        if (const int32_t owner = stage.owner[domain_of(index)]; owner >= 0)
          own[static_cast<size_t>(owner)].push_back(index);
      return std::make_shared<NetworkModel>(merged(assembly_, options_, present, std::move(own)));
    }
    Json options = options_;
    options["owner"] = stage.owner;  // read by the oracle
    auto combiner = build_combiner(options);
    std::shared_ptr<Router> router;
    if (combiner->needs_router())
      router = assembly_.train_router(options, targets(stage.owner), std::ssize(present), combiner->prefix());
    const bool all = std::ssize(present) == assembly_.shape().domains;  // in the domains' order
    return std::make_shared<FabricModel>(std::move(present), std::move(router), options, std::move(combiner),
                                         assembly_.shape(), all);
  }

  size_t domain_of(int64_t index) const {
    return static_cast<size_t>(assembly_.items().domain[static_cast<size_t>(index)]);
  }

  std::vector<int32_t> targets(const std::vector<int32_t>& owner) const {
    std::vector<int32_t> targets;
    for (const int64_t index : assembly_.indices(Split::router)) targets.push_back(owner[domain_of(index)]);
    return targets;
  }

  Assembly& assembly_;
  std::vector<std::shared_ptr<Network>> networks_;
  Json options_;
};

std::unique_ptr<Model> assemble(Assembly& assembly) {
  const auto events = stream::events(assembly.options(), assembly.shape());
  const auto owners = owners_by_event(events);
  Fabrics fabrics(assembly);
  std::vector<Stage> stages;
  for (size_t event = 0; event < events.size(); ++event) {
    assembly.at_event(static_cast<int64_t>(event));
    stages.push_back(fabrics.after(events[event], owners[event]));
  }
  return std::make_unique<StagedModel>(std::move(stages));
}

}  // namespace stream_specialists_detail

Architecture stream_specialists() {
  return {.facts = {.kind = "architecture",
                    .name = "stream_specialists",
                    .summary = "a specialist joins, trains on or leaves at each event of a stream of domains",
                    .paper = "Gururangan et al. 2022 (DEMix)",
                    .family = "fabric",
                    .view = "combiner",
                    .access = {"none"},
                    .fields = {{.name = "combiner",
                                .type = FieldType::component,
                                .fallback = "router",
                                .component = "combiner",
                                .doc = "how outputs or weights are integrated, anew after each event"},
                               stream::events_field(),
                               {.name = "start",
                                .type = FieldType::choice,
                                .fallback = "cold",
                                .choices = {"cold", "first"},
                                .doc = "a new specialist starts from random weights, or from the stream's first one"},
                               backbone_field()}},
          .reject = stream_specialists_detail::reject,
          .members = stream_specialists_detail::members,
          .assemble = stream_specialists_detail::assemble,
          .restore = restore_fabric_model};
}

}  // namespace loom::architectures
