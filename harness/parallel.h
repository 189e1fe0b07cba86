// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

namespace loom {

// body(0) ... body(count - 1), each once, on all cores; returns when all are done. Indices are begun in ascending
// order. Where bodies throw, what the lowest such index threw is thrown here, as in a plain loop; later ones may not
// have run.
void parallel_for(size_t count, const std::function<void(size_t)>& body);

}  // namespace loom
