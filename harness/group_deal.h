// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "harness/suite.h"

namespace loom {

using GroupDomains = std::vector<std::vector<int32_t>>;  // the domains that each group occurs in, ascending
using SplitShares = std::array<double, kTrainSideSplits.size()>;

// The split of each group: shuffled by the seed, then dealt so that the groups of every domain meet the shares as
// closely as whole groups can. Every split gets a group of every domain. Where all groups live in one domain, or all
// span the same domains, four groups per domain suffice; otherwise a deal may not exist, and the result is empty.
std::vector<Split> deal_groups(const GroupDomains& domains_of, const SplitShares& shares, uint64_t seed);

}  // namespace loom
