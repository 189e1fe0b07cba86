// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tasks/sources/rows.h"
#include "tasks/sources/source_files.h"

namespace loom::sources {

// CSV tables with a header line. A column whose train-side cells are mostly numbers is standardised by the mean and the
// standard deviation of the train side (a constant one becomes 0); another is one-hot over its train-side texts, all 0
// for a text not seen there. Nothing is learnt from the test.
// rows_max above 0: of more rows a fixed choice of so many is kept, each on the side where it is anyway.
Rows read_table(const SuiteFile& suite, const std::vector<SourceSet>& sets, int64_t rows_max = 0);

}  // namespace loom::sources
