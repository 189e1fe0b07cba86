// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <numeric>

#include "architectures/partitions/_subset.h"
#include "harness/error.h"
#include "harness/partition.h"

namespace loom::subset_partition_test {
namespace {

constexpr int kDomains = 3, kGroups = 21, kItems = 4;  // items of each group in each domain

Items items() {
  Items out;
  for (int32_t domain = 0; domain < kDomains; ++domain)
    for (int32_t group = 0; group < kGroups; ++group)
      for (int item = 0; item < kItems; ++item) {
        out.domain.push_back(domain);
        out.group.push_back(group);
        ++out.count;
      }
  return out;
}

// Which items are taken.
std::vector<bool> taken(const std::string& text, uint64_t seed = 3) {
  const Items all = items();
  std::vector<int64_t> indices(static_cast<size_t>(all.count));
  std::iota(indices.begin(), indices.end(), 0);
  const auto parts = find_partition("subset").assign({{"take", text}}, {}, all, indices, seed);
  std::vector<bool> out;
  for (const int32_t part : parts) out.push_back(part == 0);
  return out;
}

// Groups of one domain that are taken; a group is taken whole or not at all.
std::vector<int> groups(const std::vector<bool>& taken, int domain) {
  std::vector<int> out;
  for (int group = 0; group < kGroups; ++group) {
    int count = 0;
    for (int item = 0; item < kItems; ++item)
      count += taken[static_cast<size_t>((domain * kGroups + group) * kItems + item)];
    CHECK((count == 0 || count == kItems));
    if (count > 0) out.push_back(group);
  }
  return out;
}

TEST_CASE("[subset_partition] domains are taken whole, shards are equal, disjoint and together all") {
  const auto two = taken("0 2");
  CHECK(groups(two, 0).size() == kGroups);
  CHECK(groups(two, 1).empty());
  CHECK(groups(two, 2).size() == kGroups);
  std::array<int, kGroups> seen = {};
  for (const char* shard : {"1:0/4", "1:1/4", "1:2/4", "1:3/4"}) {
    const auto own = groups(taken(shard), 1);
    CHECK((own.size() == 5 || own.size() == 6));
    for (const int group : own) ++seen[static_cast<size_t>(group)];
    CHECK(groups(taken(shard), 0).empty());
  }
  for (const int times : seen) CHECK(times == 1);
}

TEST_CASE("[subset_partition] a share is of its shard, holds every smaller one, and is never nothing") {
  const auto shard = groups(taken("1:1/2"), 1), half = groups(taken("1:1/2@0.5"), 1),
             tenth = groups(taken("1:1/2@0.1"), 1);
  CHECK(shard.size() == 10);
  CHECK(half.size() == 5);
  CHECK(tenth.size() == 1);
  CHECK(std::ranges::includes(shard, half));
  CHECK(std::ranges::includes(half, tenth));
  CHECK(groups(taken("1@0.001"), 1).size() == 1);
}

TEST_CASE("[subset_partition] the seed decides, and domains are dealt apart") {
  CHECK(taken("0@0.5") == taken("0@0.5"));
  CHECK(taken("0@0.5", 1) != taken("0@0.5", 2));
  CHECK(groups(taken("0@0.5 1@0.5"), 0) != groups(taken("0@0.5 1@0.5"), 1));
}

TEST_CASE("[subset_partition] nothing named is one part of all; everything named is the monolith's own partition") {
  const PartitionSource& source = find_partition("subset");
  CHECK(source.parts({{"take", ""}}, {}) == 1);
  CHECK(source.parts({{"take", "0"}}, {}) == 2);
  for (const bool all : taken("")) CHECK(all);
  const auto named = [](std::string_view text) { return subset::partition(subset::parse(text), 2); };
  CHECK(named("0 1") == Json{{"name", "pooled"}, {"parts", 1}});
  CHECK(named("0:0/2 1 0:1/2") == Json{{"name", "pooled"}, {"parts", 1}});
  CHECK(named("0:0/2 1") == Json{{"name", "subset"}, {"take", "0:0/2 1"}});
  CHECK(named("0 1@0.5") == Json{{"name", "subset"}, {"take", "0 1@0.5"}});
  CHECK(named("0 0") == Json{{"name", "subset"}, {"take", "0 0"}});
}

TEST_CASE("[subset_partition] what is no item list is refused with an example") {
  for (const char* text :
       {"x", "1:", "1:0", "1:2/2", "1:0/0", "1@", "1@0", "1@1.5", "-1", "1@nan", ":0/2", "1:0/2/3"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(subset::parse(text), InputError);
  }
  CHECK(subset::to_text(subset::parse(" 0  1:0/2 2:1/3@0.25 ")) == "0 1:0/2 2:1/3@0.25");
}

}  // namespace
}  // namespace loom::subset_partition_test
