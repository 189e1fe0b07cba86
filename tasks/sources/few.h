// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tasks/sources/rows.h"

namespace loom::sources {

// What few-shot learning leaves of a domain: `wanted` items of its train side. Suite and domain are for the messages.
struct Few {
  std::string suite, domain;
  int64_t wanted = 0;
  const char* unit = "rows";
  bool each_class = false;  // classes in proportion, one item each at least; else whatever is met at even distances
  bool rescaled = false;    // inputs are standardised numbers; mean and deviation become those of what is left
};

// The train side without all but a fixed choice of its items, in their order and at even distances (of those of a
// class, with each_class); the test as it was. InputError: fewer items than wanted, or fewer wanted than classes.
Sides with_few(Sides sides, const Few& few);

}  // namespace loom::sources
