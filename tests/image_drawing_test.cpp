// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/image_drawing.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "tasks/sources/image_views.h"

using namespace loom;
using namespace loom::sources;

namespace loom::image_drawing_test {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes ramp(int64_t side) {
  Bytes image(static_cast<size_t>(side * side));
  for (size_t i = 0; i < image.size(); ++i) image[i] = static_cast<uint8_t>(i * 37 % 251);
  return image;
}

TEST_CASE("[image drawing] a turn by 0 changes nothing, by 90 degrees it is the exact rearrangement of rotate90") {
  for (int64_t side : {1, 3, 4, 28}) {
    const Bytes image = ramp(side);
    CHECK(rotated(image, side, 0) == image);
    const std::vector<int64_t> shape = {side, side};
    const std::vector<Transform> quarter(1, {.kind = Transform::Kind::rotate90});
    const auto from = pixel_map(quarter, shape).from;
    Bytes expected;
    for (int64_t place : from) expected.push_back(image[static_cast<size_t>(place)]);
    CHECK(rotated(image, side, 90) == expected);
    CHECK(rotated(rotated(image, side, 90), side, -90) == image);
    Bytes reversed(image.rbegin(), image.rend());
    CHECK(rotated(image, side, 180) == reversed);
  }
}

TEST_CASE("[image drawing] a turn by 45 degrees of 3 x 3, by hand") {
  // The right neighbour of the middle lies at distance 1; after 45 degrees up, pixel (0, 2) at distance sqrt 2 samples
  // the point (1, 1 + sqrt 2), 0.414 beyond the right neighbour (1, 2), where beyond is 0: 0.586 of it.
  const Bytes image = {0, 0, 0, 0, 0, 200, 0, 0, 0};
  const Bytes turned = rotated(image, 3, 45);
  CHECK(turned[2] == 117);  // 200 * (2 - sqrt 2) = 117.2
  // (1, 2) samples (1 + sin 45, 1 + cos 45) = (1.707, 1.707): row weight 0.293, column weight 0.707.
  CHECK(turned[5] == 41);  // 200 * 0.2929 * 0.7071 = 41.4
  CHECK(turned[1] == 41);  // (0, 1) samples (0.293, 1.707), its mirror image
  CHECK(turned[4] == 0);
  CHECK(turned[6] == 0);
}

TEST_CASE("[image drawing] enlarging keeps a flat image flat, centres it and is exact where centres meet") {
  const Bytes flat(4, 16);
  const Bytes large = enlarged(flat, 2, 16, 4, 6);
  for (size_t row = 0; row < 6; ++row)
    for (size_t column = 0; column < 6; ++column)
      CHECK(large[row * 6 + column] == (std::min(row, column) >= 1 && std::max(row, column) <= 4 ? 255 : 0));
  // Two columns 0 and 16 on four: centres at -0.25, 0.25, 0.75, 1.25 of them; the outer two repeat the border.
  const Bytes step = enlarged(Bytes{0, 16, 0, 16}, 2, 16, 4, 4);
  CHECK(Bytes(step.begin(), step.begin() + 4) == Bytes{0, 64, 191, 255});
}

TEST_CASE("[image drawing] an overlay takes the lighter pixel of two corners, by hand") {
  const Bytes a = {10, 20, 30, 40}, b = {5, 6, 7, 8}, c = {50, 6, 7, 8};
  CHECK(overlaid(a, b, 2, 3) == Bytes{10, 20, 0, 30, 40, 6, 0, 7, 8});
  CHECK(overlaid(a, c, 2, 3) == Bytes{10, 20, 0, 30, 50, 6, 0, 7, 8});
}

}  // namespace
}  // namespace loom::image_drawing_test
