// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "harness/partition.h"
#include "harness/random.h"

namespace loom::partitions {
namespace random_detail {

int64_t parts(const Json& options, const TaskShape& shape) {
  return options.at("parts").is_null() ? shape.domains : options.at("parts").get<int64_t>();
}

}  // namespace random_detail

// The null of specialisation: as many parts, but none of them means anything (Li et al. 2022, random splits).
PartitionSource random() {
  return {.facts = {.kind = "partition",
                    .name = "random",
                    .summary = "parts drawn at random, blind to domains",
                    .paper = "Li et al. 2022",
                    .fields = {{.name = "parts",
                                .fallback = nullptr,
                                .min = 1,
                                .max = 1024,
                                .doc = "number of parts (default: number of domains)"}}},
          .parts = random_detail::parts,
          .assign = [](const Json& options, const TaskShape& shape, const Items& items,
                       std::span<const int64_t> indices, uint64_t seed) {
            const auto count = static_cast<uint64_t>(random_detail::parts(options, shape));
            // Dealt by (group, domain), shuffled, so that parts are equal in size: two views of one image may part
            // company, two windows of one block may not.
            std::map<std::pair<int32_t, int32_t>, int32_t> part_of;
            for (int64_t index : indices)
              part_of[{items.group[static_cast<size_t>(index)], items.domain[static_cast<size_t>(index)]}] = 0;
            const auto order = permutation(std::ssize(part_of), Stream(seed, "partition/random"));
            auto rank = order.begin();
            for (auto& [key, part] : part_of) part = static_cast<int32_t>(static_cast<uint64_t>(*rank++) % count);
            std::vector<int32_t> result;
            for (int64_t index : indices)
              result.push_back(
                  part_of.at({items.group[static_cast<size_t>(index)], items.domain[static_cast<size_t>(index)]}));
            return result;
          }};
}

}  // namespace loom::partitions
