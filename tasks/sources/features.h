// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tasks/sources/rows.h"
#include "tasks/sources/source_files.h"

namespace loom::sources {

// Frozen embeddings in safetensors: `features` [items, width] of F32 or F16, taken as they are, and integer tensors
// [items] for the label and, where wanted, the domain and the group. A tensor `group` is used unasked.
Rows read_features(const SuiteFile& suite, const std::vector<SourceSet>& sets);

}  // namespace loom::sources
