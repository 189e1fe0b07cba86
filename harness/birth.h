// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/facts.h"

namespace loom {

// What a specialist starts from. architectures/births/<name>.cpp defines `BirthSource <name>()`.
struct BirthSource {
  Facts facts;
  double (*seed_share)(
      const Json& options);  // share of the training samples spent on a common seed model; 0 = random weights
};
std::vector<BirthSource> all_births();
const BirthSource& find_birth(std::string_view name);

}  // namespace loom
