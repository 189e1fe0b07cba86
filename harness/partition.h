// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/facts.h"
#include "harness/suite.h"

namespace loom {

// Who gets which data. architectures/partitions/<name>.cpp defines `PartitionSource <name>()`.
struct PartitionSource {
  Facts facts;
  int64_t (*parts)(const Json& options, const TaskShape& shape);
  // Part of each of `indices`' items, 0 .. parts - 1. Items of one group that lie in one domain share a part. `seed` is
  // the trial's.
  std::vector<int32_t> (*assign)(const Json& options, const TaskShape& shape, const Items& items,
                                 std::span<const int64_t> indices, uint64_t seed);
  // FLOPs of assign() on all of `items`, by formula; charged once a trial to "selection". nullptr: it computes nothing.
  double (*flops)(const Json& options, const TaskShape& shape, const Items& items) = nullptr;
  bool pooled = false;  // every part sees all items (a self-ensemble); assign then gives 0 for all
};
std::vector<PartitionSource> all_partitions();
const PartitionSource& find_partition(std::string_view name);

}  // namespace loom
