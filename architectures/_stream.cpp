// SPDX-License-Identifier: Apache-2.0
#include "architectures/_stream.h"

#include "harness/error.h"

namespace loom::stream {

Field events_field() {
  return {.name = "events",
          .type = FieldType::text,
          .fallback = "",
          .doc = "\"add 0, add 1, update 0, delete 1\" by domain number; empty: every domain is added, in order"};
}

std::vector<StreamEvent> events(const Json& options, const TaskShape& shape) {
  return parse_events(options.at("events").get<std::string>(), shape.domains);
}

std::optional<std::string> reject(const Json& options, const TaskShape& shape) {
  for (const StreamEvent& event : events(options, shape))
    if (event.domain >= shape.domains)
      return "'" + to_text(event) + "': the last domain is " + std::to_string(shape.domains - 1);
  return std::nullopt;
}

subset::Take data_of(const std::vector<StreamEvent>& events, size_t event, double share) {
  const Shard own = shard(events, event);
  return {own.domain, own.index, own.count, share};
}

TrainSpec run(const RecipeContext& context, size_t event, const std::vector<subset::Take>& takes, size_t runs) {
  TrainSpec spec = context.pooled(context.network());
  spec.partition = subset::partition(takes, context.shape.domains);
  if (context.part_shares(spec.partition).at(0) <= 0)
    throw InputError("event " + std::to_string(event) + " of the stream brings no data: domain " +
                     std::to_string(takes.at(0).domain) + " has fewer groups of training items than events");
  spec.steps = context.steps(static_cast<double>(context.samples) / static_cast<double>(runs));
  spec.event = static_cast<int64_t>(event);
  return spec;
}

}  // namespace loom::stream
