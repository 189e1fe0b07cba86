// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "harness/suite.h"

namespace loom::sources {

enum class ShiftKind { noise, blur, rotation, occlusion, byte_flips, dropped_features };

struct Shift {
  ShiftKind kind = ShiftKind::noise;
  double strength = 0;  // 0: nothing changes, to the bit
  uint64_t seed = 0;
};

// Changes test items in place; labels, domains and groups stay. InputError when the kind does not fit the items.
//   noise             + strength * N(0, 1) on every value but the one-hot domain or question
//   blur              Gaussian of `strength` pixels on every channel, edges repeated
//   rotation          by `strength` degrees counter-clockwise, bilinear, what comes from outside is 0
//   occlusion         a square of share `strength` of the image's area, at a random place, becomes 0
//   byte_flips        each byte becomes, with probability `strength`, another one, all equally likely; where
//                     answers are marked (Items::scored) they stay, as only what is asked may be hard to read
//   dropped_features  each feature of a bag is left out with probability `strength`, but for those that say what is
//                     asked (TaskShape::asked); the first stays if none would
void apply(const Shift& shift, const TaskShape& shape, Items& items);

}  // namespace loom::sources
