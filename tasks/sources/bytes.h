// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tasks/sources/rows.h"
#include "tasks/sources/source_files.h"

namespace loom::sources {

// Raw bytes cut into windows (tasks/sources/windows.h).
Sides read_bytes(const SuiteFile& suite, const std::vector<SourceSet>& sets);

}  // namespace loom::sources
