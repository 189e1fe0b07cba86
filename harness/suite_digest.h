// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/suite.h"

namespace loom {

// SHA-256, in hexadecimal digits, of all that a suite is; and of what training sees of it, so that suites that differ
// in their test alone share members.
std::string suite_digest(const Suite::Description& description, const Items& train_side, const Items& test);
std::string train_side_digest(const Suite::Description& description, const Items& train_side);

}  // namespace loom
