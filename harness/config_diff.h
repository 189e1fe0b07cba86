// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/json.h"

namespace loom {

// One place in which two resolved experiments differ. `path` is dotted; items of lists of maps go by their label or id
// where they have one: suites.digits4.arms.dense.component.backbone.width.
struct ConfigDifference {
  std::string path;
  std::string a, b;  // JSON text; empty: not there
};

// Sorted by path; empty where the two are equal. A list of plain values is one leaf, and so is what one side lacks.
std::vector<ConfigDifference> config_differences(const Json& a, const Json& b);

}  // namespace loom
