// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "tasks/sources/image_set.h"

namespace loom::sources {

// Drawings of square images of bytes. Results are rounded to whole grey levels: they stay images, and the last bit of a
// cosine, which differs between machines, does not show.

// Turned counter-clockwise around the middle, bilinear, 0 where nothing was.
std::vector<uint8_t> rotated(Pixels image, int64_t side, double degrees);

// A small image, its values from 0 to `full`, enlarged bilinearly to inner x inner in the middle of outer x outer.
std::vector<uint8_t> enlarged(Pixels image, int64_t side, int full, int64_t inner, int64_t outer);

// One image in the upper left and one in the lower right corner of outer x outer; where both are, the lighter pixel.
std::vector<uint8_t> overlaid(Pixels upper_left, Pixels lower_right, int64_t side, int64_t outer);

}  // namespace loom::sources
