// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/image_drawing.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace loom::sources {
namespace image_drawing_detail {
namespace {

struct Canvas {
  Pixels image;
  int64_t side;
  double at(int64_t row, int64_t column) const {
    if (row < 0 || column < 0 || row >= side || column >= side) return 0;
    return image[static_cast<size_t>(row * side + column)];
  }
  double between(double row, double column) const {
    const double top = std::floor(row), left = std::floor(column);
    const double down = row - top, right = column - left;
    const auto r = static_cast<int64_t>(top), c = static_cast<int64_t>(left);
    return (1 - down) * ((1 - right) * at(r, c) + right * at(r, c + 1)) +
           down * ((1 - right) * at(r + 1, c) + right * at(r + 1, c + 1));
  }
};

uint8_t grey(double value) { return static_cast<uint8_t>(std::clamp(std::lround(value), 0L, 255L)); }

}  // namespace
}  // namespace image_drawing_detail

std::vector<uint8_t> rotated(Pixels image, int64_t side, double degrees) {
  using namespace image_drawing_detail;
  const Canvas canvas{image, side};
  const double angle = degrees * std::numbers::pi / 180, sine = std::sin(angle), cosine = std::cos(angle);
  const double middle = static_cast<double>(side - 1) / 2;
  std::vector<uint8_t> result;
  result.reserve(image.size());
  for (int64_t row = 0; row < side; ++row)
    for (int64_t column = 0; column < side; ++column) {
      // Where this pixel was before the turn; rows grow downwards.
      const double y = static_cast<double>(row) - middle, x = static_cast<double>(column) - middle;
      result.push_back(grey(canvas.between(middle + cosine * y + sine * x, middle + cosine * x - sine * y)));
    }
  return result;
}

std::vector<uint8_t> enlarged(Pixels image, int64_t side, int full, int64_t inner, int64_t outer) {
  using namespace image_drawing_detail;
  const Canvas canvas{image, side};
  const int64_t margin = (outer - inner) / 2;
  const auto before = [&](int64_t place) {  // pixel centres line up; the border repeats outwards
    const double scale = static_cast<double>(side) / static_cast<double>(inner);
    return std::clamp((static_cast<double>(place) + 0.5) * scale - 0.5, 0.0, static_cast<double>(side - 1));
  };
  std::vector<uint8_t> result(static_cast<size_t>(outer * outer), 0);
  for (int64_t row = 0; row < inner; ++row)
    for (int64_t column = 0; column < inner; ++column)
      result[static_cast<size_t>((row + margin) * outer + column + margin)] =
          grey(canvas.between(before(row), before(column)) * 255 / full);
  return result;
}

std::vector<uint8_t> overlaid(Pixels upper_left, Pixels lower_right, int64_t side, int64_t outer) {
  std::vector<uint8_t> result(static_cast<size_t>(outer * outer), 0);
  const auto place = [&](Pixels image, int64_t corner) {
    for (int64_t row = 0; row < side; ++row)
      for (int64_t column = 0; column < side; ++column) {
        uint8_t& pixel = result[static_cast<size_t>((row + corner) * outer + column + corner)];
        pixel = std::max(pixel, image[static_cast<size_t>(row * side + column)]);
      }
  };
  place(upper_left, 0);
  place(lower_right, outer - side);
  return result;
}

}  // namespace loom::sources
