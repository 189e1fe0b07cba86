// SPDX-License-Identifier: Apache-2.0
#include "harness/partition.h"

namespace loom::partitions {
namespace pooled_detail {

int64_t parts(const Json& options, const TaskShape& shape) {
  return options.at("parts").is_null() ? shape.domains : options.at("parts").get<int64_t>();
}

}  // namespace pooled_detail

// Every member sees all data; members differ by their seed alone. Behind the self-ensemble null.
PartitionSource pooled() {
  return {.facts = {.kind = "partition",
                    .name = "pooled",
                    .summary = "every member trains on all data; members differ by seed only",
                    .fields = {{.name = "parts",
                                .fallback = nullptr,
                                .min = 1,
                                .max = 1024,
                                .doc = "number of members (default: number of domains)"}}},
          .parts = pooled_detail::parts,
          .assign = [](const Json&, const TaskShape&, const Items&, std::span<const int64_t> indices,
                       uint64_t) { return std::vector<int32_t>(indices.size(), 0); },
          .pooled = true};
}

}  // namespace loom::partitions
