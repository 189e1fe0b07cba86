// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "architectures/partitions/_subset.h"
#include "harness/engine/architecture.h"
#include "harness/event_stream.h"

// What arms of a stream of events share.
namespace loom::stream {

Field events_field();
std::vector<StreamEvent> events(const Json& options, const TaskShape& shape);
std::optional<std::string> reject(const Json& options, const TaskShape& shape);  // a domain that the task lacks

subset::Take data_of(const std::vector<StreamEvent>& events, size_t event, double share = 1);

// A run on those items that takes an equal part of the arm's training: one of `runs`. InputError where no item is of
// them, because a domain has fewer groups than its events.
TrainSpec run(const RecipeContext& context, size_t event, const std::vector<subset::Take>& takes, size_t runs);

}  // namespace loom::stream
