// SPDX-License-Identifier: Apache-2.0
#include "harness/birth.h"

namespace loom::births {

BirthSource cold() {
  return {.facts = {.kind = "birth", .name = "cold", .summary = "every specialist starts from its own random weights"},
          .seed_share = [](const Json&) { return 0.0; }};
}

}  // namespace loom::births
