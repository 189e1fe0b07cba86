// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "harness/facts.h"

namespace loom {

// What a key=value override that begins so may become: keys, a section's with a dot, and after `=` the values that its
// descriptor knows.
std::vector<std::string> config_keys(const FactSheet& facts, const std::string& begun);

}  // namespace loom
