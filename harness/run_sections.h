// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "harness/facts.h"

// Descriptors of the sections that say how a run trains, is timed and judged; sections.cpp lists them with the others.
namespace loom::sections {

std::vector<Field> train_fields();
std::vector<Field> tune_fields();
std::vector<Field> grid_fields();  // those of train, each a list
std::vector<Field> latency_fields();
std::vector<Field> statistics_fields();

}  // namespace loom::sections
