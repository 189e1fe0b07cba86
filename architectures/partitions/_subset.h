// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/json.h"

namespace loom::subset {

// Some items of one domain: the shard of that number, of so many equal ones, and of it a fixed share of the groups.
struct Take {
  int32_t domain = 0;
  int64_t shard = 0, shards = 1;
  double share = 1;
};

// "0 1:0/2 2@0.1": all of domain 0, the first half of domain 1, a tenth of domain 2. InputError where it is not.
std::vector<Take> parse(std::string_view text);
std::string to_text(std::span<const Take> takes);

// Whose part 0 is these items: `subset`, or the monolith's own `pooled` where nothing of the domains is left out, so
// that the runs are the same.
Json partition(std::span<const Take> takes, int64_t domains);

}  // namespace loom::subset
