// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "harness/likeness.h"

namespace loom {

// Jaccard similarity of sets, exact, found by MinHash (Broder 1997) in bands. Windows of bytes are sets of 8-byte
// shingles, near from .4: what is left when 5 % of the bytes of a window are changed one by one. (At .8 only one byte
// in a hundred may change: each takes 8 shingles with it.) Bags are their features, near from .8.
std::unique_ptr<Likeness> set_likeness(const BothSides& items);

}  // namespace loom
