// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "harness/result_store.h"

namespace loom {

// One HTML file that opens anywhere, offline: its policy allows nothing from outside and no script but its own. `name`
// is what the commands take for the results. `again_s` > 0: the page loads itself again after so many seconds.
std::string report_page(const ResultStore& store, const std::string& name, int again_s = 0);

}  // namespace loom
