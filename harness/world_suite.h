// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "harness/planted.h"
#include "harness/suite.h"

namespace loom {

// What was drawn in a world as items like any suite's: of a regression its samples, of sequences windows of 128
// symbols, the rest dropped. The first item of each domain is its test, since a suite has one; nobody looks at it.
Suite world_suite(const World& world);

}  // namespace loom
