// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>

#include "architectures/partitions/_subset.h"
#include "harness/partition.h"
#include "harness/random.h"

namespace loom::partitions {
namespace subset_detail {

// The groups of one domain in an order of the seed's own, so that every shard and share is a fixed set of whole groups
// and a larger share holds a smaller one.
std::map<int32_t, int64_t> ranks(const Items& items, std::span<const int64_t> indices, int32_t domain, uint64_t seed) {
  std::map<int32_t, int64_t> rank_of;
  for (const int64_t index : indices)
    if (items.domain[static_cast<size_t>(index)] == domain) rank_of[items.group[static_cast<size_t>(index)]] = 0;
  const auto order = permutation(std::ssize(rank_of), Stream(seed, "partition/subset", static_cast<uint64_t>(domain)));
  auto next = order.begin();
  for (auto& [group, rank] : rank_of) rank = *next++;
  return rank_of;
}

// Whether a group of that rank, of `groups`, is taken. A share takes one group at least.
bool takes(const subset::Take& take, int64_t rank, int64_t groups) {
  if (rank % take.shards != take.shard) return false;
  const auto size = static_cast<double>((groups - take.shard + take.shards - 1) / take.shards);
  return static_cast<double>(rank / take.shards) < std::ceil(take.share * size - 1e-9);
}

std::vector<int32_t> assign(const Json& options, const TaskShape&, const Items& items, std::span<const int64_t> indices,
                            uint64_t seed) {
  const auto wanted = subset::parse(options.at("take").get<std::string>());
  std::vector<int32_t> parts(indices.size(), wanted.empty() ? 0 : 1);
  for (const subset::Take& take : wanted) {
    const auto rank_of = ranks(items, indices, take.domain, seed);
    for (size_t i = 0; i < indices.size(); ++i) {
      const auto item = static_cast<size_t>(indices[i]);
      if (items.domain[item] == take.domain && takes(take, rank_of.at(items.group[item]), std::ssize(rank_of)))
        parts[i] = 0;
    }
  }
  return parts;
}

}  // namespace subset_detail

// What a model may see at one event of a stream.
PartitionSource subset() {
  return {.facts = {.kind = "partition",
                    .name = "subset",
                    .summary = "part 0: items of chosen domains, whole or a share; part 1: all others",
                    .fields = {{.name = "take",
                                .type = FieldType::text,
                                .fallback = "",
                                .doc = "\"0 1:0/2 2@0.1\": domain 0, the first half of 1, a tenth of 2; empty: all"}}},
          .parts = [](const Json& options, const TaskShape&) -> int64_t {
            return subset::parse(options.at("take").get<std::string>()).empty() ? 1 : 2;
          },
          .assign = subset_detail::assign};
}

}  // namespace loom::partitions
