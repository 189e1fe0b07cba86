// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace loom {

// For each row of `asked` [m, dim] the row of `known` [n, dim], n >= 1, at the smallest Euclidean distance; of equals
// the first. Products in blocks, on all cores: m * n * dim multiplications in float.
std::vector<int64_t> nearest_rows(std::span<const float> known, std::span<const float> asked, int64_t dim);

}  // namespace loom
