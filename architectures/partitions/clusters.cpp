// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "architectures/partitions/_clusters.h"
#include "harness/partition.h"

namespace loom::partitions {
namespace clusters_detail {

int64_t parts(const Json& options, const TaskShape& shape) {
  return options.at("parts").is_null() ? shape.domains : options.at("parts").get<int64_t>();
}

// What is clustered: the items of a group in one domain are one unit.
std::map<std::pair<int32_t, int32_t>, int64_t> units(const Items& items) {
  std::map<std::pair<int32_t, int32_t>, int64_t> unit_of;
  for (size_t item = 0; item < static_cast<size_t>(items.count); ++item)
    unit_of.emplace(std::pair(items.group[item], items.domain[item]), std::ssize(unit_of));
  return unit_of;
}

double flops(const Json& options, const TaskShape& shape, const Items& items) {
  return clusters::kmeans_flops(std::ssize(units(items)), parts(options, shape), clusters::width(items));
}

// Clusters of the whole train side, so that a seed's splits agree; a group's items of one domain stay together, at the
// mean of their features.
std::vector<int32_t> assign(const Json& options, const TaskShape& shape, const Items& items,
                            std::span<const int64_t> indices, uint64_t seed) {
  const auto unit_of = units(items);
  const auto key = [&](int64_t item) {
    return std::pair(items.group[static_cast<size_t>(item)], items.domain[static_cast<size_t>(item)]);
  };
  const clusters::Matrix all = clusters::features(items);
  clusters::Matrix mean = clusters::Matrix::Zero(std::ssize(unit_of), all.cols());
  std::vector<float> size(unit_of.size());
  for (int64_t item = 0; item < items.count; ++item) {
    const int64_t unit = unit_of.at(key(item));
    mean.row(unit) += all.row(item);
    size[static_cast<size_t>(unit)] += 1;
  }
  for (int64_t unit = 0; unit < mean.rows(); ++unit) mean.row(unit) /= size[static_cast<size_t>(unit)];
  const std::vector<int32_t> part = clusters::balanced_kmeans(mean, parts(options, shape), seed);
  std::vector<int32_t> result;
  for (const int64_t item : indices) result.push_back(part[static_cast<size_t>(unit_of.at(key(item)))]);
  return result;
}

}  // namespace clusters_detail

PartitionSource clusters() {
  return {.facts = {.kind = "partition",
                    .name = "clusters",
                    .summary = "parts found by balanced k-means on the inputs, blind to domains and labels",
                    .paper = "Gururangan et al. 2023 (c-BTM)",
                    .fields = {{.name = "parts",
                                .fallback = nullptr,
                                .min = 1,
                                .max = 1024,
                                .doc = "number of clusters (default: number of domains)"}}},
          .parts = clusters_detail::parts,
          .assign = clusters_detail::assign,
          .flops = clusters_detail::flops};
}

}  // namespace loom::partitions
