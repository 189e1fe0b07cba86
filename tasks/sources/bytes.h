// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tasks/sources/rows.h"
#include "tasks/sources/source_files.h"

namespace loom::sources {

// Raw bytes cut into blocks, the groups, and these into windows, the items. Windows begin at multiples of the window in
// their block; bytes left over at the end of a block are dropped, and so is a last block shorter than a window. Without
// given test files the blocks of a domain, counted through its files, are in the test at even distances: block b when
// floor((b + 1) share) > floor(b share), which for 0.1 is every tenth, beginning with block 9.
Sides read_bytes(const SuiteFile& suite, const std::vector<SourceSet>& sets);

}  // namespace loom::sources
