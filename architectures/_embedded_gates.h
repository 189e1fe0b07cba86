// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "harness/engine/architecture.h"

namespace loom::architectures {

// Gates without training (Shi et al. 2025): in every slot of `network` expert 0's column is the mean of what enters
// that slot of the dense network `anchor` over the router split, and column 1 + e the mean over the items of part
// kept[e], as long as column 0 and in units of the mean squared distance from one's own mean. A part without items
// there gets column 0. Charged as one pass of the router split through the anchor; a dry assembly computes nothing.
void embed_gates(Assembly& assembly, Network& network, const Network& anchor, std::span<const int64_t> kept);

}  // namespace loom::architectures
