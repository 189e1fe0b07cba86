// SPDX-License-Identifier: Apache-2.0
#include "harness/partition.h"

namespace loom::partitions {

PartitionSource domain() {
  return {.facts = {.kind = "partition", .name = "domain", .summary = "one part per domain"},
          .parts = [](const Json&, const TaskShape& shape) { return shape.domains; },
          .assign =
              [](const Json&, const TaskShape&, const Items& items, std::span<const int64_t> indices, uint64_t) {
                std::vector<int32_t> parts;
                for (int64_t index : indices) parts.push_back(items.domain[static_cast<size_t>(index)]);
                return parts;
              }};
}

}  // namespace loom::partitions
