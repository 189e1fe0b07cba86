// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/result_store.h"

namespace loom {

// One HTML file that opens anywhere, offline: its policy allows nothing from outside and no script but its own. `name`
// is what the commands take for the results.
std::string report_page(const ResultStore& store, const std::string& name);

}  // namespace loom
