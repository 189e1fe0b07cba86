// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tasks/sources/rows.h"
#include "tasks/sources/source_files.h"

namespace loom::sources {

// Images as CSV (one image a line, pixels row by row, a label column) or as pairs of IDX files (images, labels).
// Pixels are divided by the scale and lie in 0..1. An empty shape is filled in: from IDX, or as a square.
Rows read_images(SuiteFile& suite, const std::vector<SourceSet>& sets);

}  // namespace loom::sources
