// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/table.h"

namespace loom {

// What `loom run` says last: for each suite and column in one line who won, by how much and at what cost, then what to
// look at next. `results` is how the results are named on a command line. Empty without a contrast.
std::string closing_summary(const Table& table, const std::string& results);

}  // namespace loom
