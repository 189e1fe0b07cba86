// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "harness/mechanism.h"
#include "harness/table.h"

namespace loom {

// For each pair of suites a table of the four factors and one of the fabrics' gaps. json: an array with every number,
// unrounded. InputError for csv.
std::string render(std::span<const Mechanism> found, Format format);

}  // namespace loom
