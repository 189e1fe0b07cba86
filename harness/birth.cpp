// SPDX-License-Identifier: Apache-2.0
#include "harness/birth.h"

#include "harness/error.h"

namespace loom {

const BirthSource& find_birth(std::string_view name) {
  static const std::vector<BirthSource> all = all_births();
  for (const BirthSource& source : all)
    if (source.facts.name == name) return source;
  fail("no birth named " + std::string(name));
}

}  // namespace loom
