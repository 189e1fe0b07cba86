// SPDX-License-Identifier: Apache-2.0
#include "harness/group_deal.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace loom;

TEST_CASE("[group deal] over the seeds every group meets the splits as often as their shares say") {
  const GroupDomains domains_of(20, std::vector<int32_t>{0});
  constexpr int kSeeds = 2000;
  std::vector<int> in_train(domains_of.size(), 0), in_router(domains_of.size(), 0);
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const auto split_of = deal_groups(domains_of, {0.7, 0.1, 0.1, 0.1}, seed);
    for (size_t g = 0; g < split_of.size(); ++g) {
      in_train[g] += split_of[g] == Split::train;
      in_router[g] += split_of[g] == Split::router;
    }
  }
  // Binomial standard deviations; 5 of them over 40 counts fail by chance once in 40,000 choices of the scheme.
  for (int count : in_train) CHECK(std::abs(count - 0.7 * kSeeds) < 5 * std::sqrt(kSeeds * 0.7 * 0.3));
  for (int count : in_router) CHECK(std::abs(count - 0.1 * kSeeds) < 5 * std::sqrt(kSeeds * 0.1 * 0.9));
}

TEST_CASE("[group deal] groups that span some domains still meet the shares of each domain within two groups") {
  GroupDomains domains_of;
  const std::vector<std::vector<int32_t>> patterns = {{0}, {1}, {2}, {0, 1}, {1, 2}, {0, 1, 2}};
  for (size_t i = 0; i < 120; ++i) domains_of.push_back(patterns[i % patterns.size()]);
  const SplitShares shares = {0.6, 0.2, 0.1, 0.1};
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto split_of = deal_groups(domains_of, shares, seed);
    REQUIRE(split_of.size() == domains_of.size());
    for (int32_t domain = 0; domain < 3; ++domain) {
      std::array<double, 4> count = {};
      double all = 0;
      for (size_t g = 0; g < domains_of.size(); ++g) {
        if (std::ranges::find(domains_of[g], domain) == domains_of[g].end()) continue;
        ++count[static_cast<size_t>(split_of[g])];
        ++all;
      }
      for (size_t s = 0; s < 4; ++s) CHECK(std::abs(count[s] - shares[s] * all) <= 2);
    }
  }
}

TEST_CASE("[group deal] a deal that cannot give every domain all splits is empty, not wrong") {
  // Five groups, each in four of five domains: two of them must share a split, and a domain that holds both has two
  // more groups for the three splits left.
  const GroupDomains domains_of = {{0, 2, 3, 4}, {0, 1, 3, 4}, {0, 1, 2, 4}, {0, 1, 2, 3}, {1, 2, 3, 4}};
  CHECK(deal_groups(domains_of, {0.25, 0.25, 0.25, 0.25}, 1).empty());
}

TEST_CASE("[group deal] a domain whose few groups are all shared gets one in every split") {
  // Domain 1 has only the four shared groups, so these must part; domain 0's own four leave it the choice.
  const GroupDomains domains_of = {{0}, {0}, {0}, {0}, {0, 1}, {0, 1}, {0, 1}, {0, 1}};
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto split_of = deal_groups(domains_of, {0.7, 0.1, 0.1, 0.1}, seed);
    REQUIRE(split_of.size() == 8);
    std::vector<Split> shared(split_of.begin() + 4, split_of.end());
    std::ranges::sort(shared);
    CHECK(std::ranges::equal(shared, kTrainSideSplits));
  }
}
