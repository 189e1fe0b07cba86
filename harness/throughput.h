// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/schedule.h"

namespace loom {

// How fast networks of one kind train: a backbone and, unless dense, what fills its slots.
struct Throughput {
  std::string network;  // "transformer", "mlp sparse_moe"
  double flops_per_s = 0;
  int members = 0;  // stored ones that it was measured on; 0: nominal
};

struct TimeEstimate {
  double cpu_s = 0;
  std::vector<Throughput> rates;  // of the kinds that are to be trained, by name
};

// CPU seconds to train `members` of the plan, from what stored members of the same kind took: the plan's own first,
// then any in the store. Without one, at the rate that such networks had on a server core.
TimeEstimate estimate_time(const Json& plan, const std::vector<std::string>& members, const Places& places);

}  // namespace loom
