// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace loom::sources {

// `wanted` of the places 0 .. available - 1 at even distances, ascending: place k is the middle of the k-th of `wanted`
// equal parts. All of them, and no more, where fewer are there.
std::vector<int64_t> evenly(int64_t wanted, int64_t available);

}  // namespace loom::sources
