// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tasks/sources/rows.h"
#include "tasks/sources/source_files.h"

namespace loom::sources {

// A tokeniser's ids cut into windows (tasks/sources/windows.h). Each file is safetensors with two tensors: `ids`, U16
// [n], the text; and `bytes`, U8 or U16 [vocabulary], how many bytes of text each id stands for, 0 for marks, the same
// in every file. A window stands for at least one byte. InputError in one line, with the place.
Sides read_tokens(const SuiteFile& suite, const std::vector<SourceSet>& sets, int64_t& vocabulary);

}  // namespace loom::sources
