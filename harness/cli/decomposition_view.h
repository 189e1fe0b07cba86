// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "harness/decomposition.h"
#include "harness/table.h"

namespace loom {

// One table per suite and column, a line per fabric; what is not known is "-", and its reason stands below. json: an
// array with every number, unrounded. InputError for csv.
std::string render(std::span<const Decomposition> found, Format format);

}  // namespace loom
