// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "harness/stream_table.h"
#include "harness/table.h"

namespace loom {

// text, md: a table per suite and column, a line per arm. csv: a line per arm, unrounded. json: an array with every
// number and R, unrounded.
std::string render(std::span<const StreamRow> rows, Format format);

}  // namespace loom
