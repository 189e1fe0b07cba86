// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "architectures/_stream.h"
#include "harness/engine/staged_model.h"

namespace loom::architectures {
namespace stream_monolith_detail {

// What no strategy but retrain undoes costs nothing: after a deletion the others answer as before, and what they still
// know of the domain is measured. Their replay forgets its items.
bool trains(const StreamEvent& event, const std::string& strategy) {
  return event.brings_data() || strategy == "retrain";
}

std::vector<subset::Take> data(const std::vector<StreamEvent>& events, size_t event, const Json& options) {
  std::vector<subset::Take> takes;
  if (options.at("strategy") == "retrain") {
    for (const size_t earlier : usable_events(events, event)) takes.push_back(stream::data_of(events, earlier));
    return takes;
  }
  takes.push_back(stream::data_of(events, event));
  if (options.at("strategy") == "fine_tune") return takes;
  for (const size_t earlier : usable_events(events, event))
    if (earlier != event) takes.push_back(stream::data_of(events, earlier, options.at("replay_share")));
  return takes;
}

std::vector<TrainSpec> members(const RecipeContext& context) {
  const auto events = stream::events(context.options, context.shape);
  const std::string strategy = context.options.at("strategy");
  const auto runs = static_cast<size_t>(
      std::ranges::count_if(events, [&](const StreamEvent& event) { return trains(event, strategy); }));
  std::vector<TrainSpec> specs;
  for (size_t event = 0; event < events.size(); ++event) {
    if (!trains(events[event], strategy)) continue;
    TrainSpec spec = stream::run(context, event, data(events, event, context.options), runs);
    if (strategy != "retrain") spec.parent = std::ssize(specs) - 1;
    specs.push_back(spec);
  }
  return specs;
}

std::unique_ptr<Model> assemble(Assembly& assembly) {
  const auto events = stream::events(assembly.options(), assembly.shape());
  const auto members = assembly.members();
  const std::string strategy = assembly.options().at("strategy");
  std::vector<Stage> stages;
  size_t trained = 0;
  for (const StreamEvent& event : events) {
    if (trains(event, strategy)) ++trained;
    stages.push_back({event, std::make_shared<NetworkModel>(members.at(trained - 1)), {trained - 1}, {}});
  }
  return std::make_unique<StagedModel>(std::move(stages));
}

}  // namespace stream_monolith_detail

Architecture stream_monolith() {
  return {.facts = {.kind = "architecture",
                    .name = "stream_monolith",
                    .summary = "one network that follows a stream of domains: retrained, fine-tuned, or with replay",
                    .paper = "Lopez-Paz and Ranzato 2017",
                    .family = "monolith",
                    .view = "none",
                    .access = {"D", "R"},
                    .fields = {{.name = "strategy",
                                .type = FieldType::choice,
                                .fallback = "fine_tune",
                                .choices = {"retrain", "fine_tune", "replay"},
                                .doc = "from scratch on all there is; on the new data; on that and a share of the old"},
                               stream::events_field(),
                               {.name = "replay_share",
                                .type = FieldType::real,
                                .fallback = 0.1,
                                .min = 0.001,
                                .max = 1.0,
                                .doc = "share of the groups of earlier data that replay keeps, the same to the end"},
                               backbone_field()}},
          .reject = stream::reject,
          .members = stream_monolith_detail::members,
          .assemble = stream_monolith_detail::assemble};
}

}  // namespace loom::architectures
