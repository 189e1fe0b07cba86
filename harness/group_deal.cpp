// SPDX-License-Identifier: Apache-2.0
#include "harness/group_deal.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "harness/random.h"

namespace loom {
namespace group_deal_detail {
namespace {

constexpr size_t kSplits = kTrainSideSplits.size();
constexpr uint64_t kDealAttempts = 64;

using Counts = std::array<int64_t, kSplits>;

// Whole groups per split: one each, the rest one by one to the split that lags most behind its share.
Counts split_targets(int64_t groups, const SplitShares& shares) {
  Counts targets;
  targets.fill(1);
  for (auto left = groups - static_cast<int64_t>(kSplits); left > 0; --left) {
    const auto lag = [&](size_t s) {
      return shares[s] * static_cast<double>(groups) - static_cast<double>(targets[s]);
    };
    size_t chosen = 0;
    for (size_t s = 1; s < kSplits; ++s)
      if (lag(s) > lag(chosen)) chosen = s;
    ++targets[chosen];
  }
  return targets;
}

struct Dealer {
  const GroupDomains& domains_of;
  std::vector<Counts> targets, assigned;  // per domain
  std::vector<int64_t> groups_seen, groups_all;

  Dealer(const GroupDomains& group_domains, size_t domains, const SplitShares& shares)
      : domains_of(group_domains), assigned(domains, Counts{}), groups_seen(domains, 0), groups_all(domains, 0) {
    for (const auto& of_group : domains_of)
      for (int32_t d : of_group) ++groups_all[static_cast<size_t>(d)];
    for (int64_t groups : groups_all) targets.push_back(split_targets(groups, shares));
  }

  // A split still open in most of the group's domains; among these the one that lags most behind its running quota.
  size_t choose(const std::vector<int32_t>& domains) const {
    size_t chosen = 0;
    std::pair<int64_t, double> best = {-1, 0};
    for (size_t s = 0; s < kSplits; ++s) {
      std::pair<int64_t, double> merit = {0, 0};
      for (int32_t domain : domains) {
        const auto d = static_cast<size_t>(domain);
        merit.first += assigned[d][s] < targets[d][s];
        merit.second += static_cast<double>(targets[d][s]) * static_cast<double>(groups_seen[d] + 1) /
                            static_cast<double>(groups_all[d]) -
                        static_cast<double>(assigned[d][s]);
      }
      if (merit > best) best = merit, chosen = s;
    }
    return chosen;
  }

  // Groups of many domains come first: they leave least choice, and the others then even out what they upset.
  std::vector<Split> deal(uint64_t seed, uint64_t attempt) {
    auto order = permutation(static_cast<int64_t>(domains_of.size()), Stream(seed, "split", attempt));
    std::ranges::stable_sort(order, std::greater<>(),
                             [&](int64_t g) { return domains_of[static_cast<size_t>(g)].size(); });
    std::vector<Split> split_of(domains_of.size());
    for (int64_t place : order) {
      const auto g = static_cast<size_t>(place);
      const size_t split = choose(domains_of[g]);
      split_of[g] = kTrainSideSplits[split];
      for (int32_t domain : domains_of[g]) {
        ++assigned[static_cast<size_t>(domain)][split];
        ++groups_seen[static_cast<size_t>(domain)];
      }
    }
    return split_of;
  }

  bool complete() const {
    return std::ranges::all_of(assigned, [](const Counts& counts) { return *std::ranges::min_element(counts) > 0; });
  }
};

}  // namespace
}  // namespace group_deal_detail

// Groups that span some but not all domains can leave a split of a domain empty by bad luck: deal again then.
std::vector<Split> deal_groups(const GroupDomains& domains_of, const SplitShares& shares, uint64_t seed) {
  size_t domains = 0;
  for (const auto& of_group : domains_of)
    for (int32_t d : of_group) domains = std::max(domains, static_cast<size_t>(d) + 1);
  for (uint64_t attempt = 0; attempt < group_deal_detail::kDealAttempts; ++attempt) {
    group_deal_detail::Dealer dealer(domains_of, domains, shares);
    auto split_of = dealer.deal(seed, attempt);
    if (dealer.complete()) return split_of;
  }
  return {};
}

}  // namespace loom
