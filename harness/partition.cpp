// SPDX-License-Identifier: Apache-2.0
#include "harness/partition.h"

#include "harness/error.h"

namespace loom {

const PartitionSource& find_partition(std::string_view name) {
  static const std::vector<PartitionSource> all = all_partitions();
  for (const PartitionSource& source : all)
    if (source.facts.name == name) return source;
  fail("no partition named " + std::string(name));
}

}  // namespace loom
