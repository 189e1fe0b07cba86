// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/suite.h"

namespace loom::sources {

struct Transform {
  enum class Kind { invert, rotate90, permute };
  Kind kind = Kind::invert;
  uint64_t seed = 0;  // permute: which fixed permutation of the pixels
};

// A view is a domain made from the images of another: its transforms, in order. None: the images as they are.
struct View {
  std::string name;
  std::vector<Transform> transforms;
};

// Every chain of transforms is a rearrangement of pixels, inverted or not, so chains compose without rounding.
struct PixelMap {
  std::vector<int64_t> from;  // output pixel i is input pixel from[i]
  bool inverted = false;      // 1 - value
};

// shape: height, width and, optionally, channels. rotate90 is counter-clockwise and needs height = width.
PixelMap pixel_map(std::span<const Transform> transforms, std::span<const int64_t> shape);
std::vector<float> rearranged(const PixelMap& map, std::span<const float> image);

// All items once per view: view v of the items is domain v; the groups stay, so views of one image share a split.
Items expand_views(const Items& images, std::span<const View> views, std::span<const int64_t> shape);

}  // namespace loom::sources
