// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/shifts.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "harness/error.h"
#include "harness/random.h"

namespace loom::sources {
namespace shifts_detail {
namespace {

using Image = std::span<float>;

Stream stream_of(const Shift& shift, int64_t item) {
  return {shift.seed, "shift", static_cast<uint64_t>(shift.kind), static_cast<uint64_t>(item)};
}

void add_noise(const Shift& shift, int64_t item, Image values) {
  Stream stream = stream_of(shift, item);
  for (float& value : values) value += static_cast<float>(shift.strength * stream.normal());
}

std::vector<double> gaussian(double deviation) {
  const auto reach = static_cast<int64_t>(std::ceil(3 * deviation));
  std::vector<double> weights;
  double sum = 0;
  for (int64_t i = -reach; i <= reach; ++i) {
    const auto x = static_cast<double>(i) / deviation;
    sum += weights.emplace_back(std::exp(-x * x / 2));
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

// One pass along rows or columns: `along` and `across` are the strides.
void blur_lines(std::span<const double> weights, Image plane, int64_t length, int64_t lines, int64_t along,
                int64_t across) {
  const auto reach = static_cast<int64_t>(weights.size() / 2);
  std::vector<float> line(static_cast<size_t>(length));
  for (int64_t l = 0; l < lines; ++l) {
    for (int64_t i = 0; i < length; ++i) line[static_cast<size_t>(i)] = plane[l * across + i * along];
    for (int64_t i = 0; i < length; ++i) {
      double sum = 0;
      for (int64_t k = -reach; k <= reach; ++k)
        sum += weights[static_cast<size_t>(k + reach)] *
               static_cast<double>(line[static_cast<size_t>(std::clamp<int64_t>(i + k, 0, length - 1))]);
      plane[l * across + i * along] = static_cast<float>(sum);
    }
  }
}

void rotate(double degrees, Image plane, int64_t height, int64_t width) {
  const std::vector<float> old(plane.begin(), plane.end());
  const double angle = degrees * std::numbers::pi / 180, c = std::cos(angle), s = std::sin(angle);
  const double middle_y = static_cast<double>(height - 1) / 2, middle_x = static_cast<double>(width - 1) / 2;
  const auto at = [&](int64_t y, int64_t x) -> double {
    return y < 0 || x < 0 || y >= height || x >= width ? 0.0 : old[static_cast<size_t>(y * width + x)];
  };
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      const double dy = static_cast<double>(y) - middle_y, dx = static_cast<double>(x) - middle_x;
      const double from_x = middle_x + c * dx - s * dy, from_y = middle_y + s * dx + c * dy;
      const auto y0 = static_cast<int64_t>(std::floor(from_y)), x0 = static_cast<int64_t>(std::floor(from_x));
      const double fy = from_y - static_cast<double>(y0), fx = from_x - static_cast<double>(x0);
      plane[y * width + x] = static_cast<float>((1 - fy) * ((1 - fx) * at(y0, x0) + fx * at(y0, x0 + 1)) +
                                                fy * ((1 - fx) * at(y0 + 1, x0) + fx * at(y0 + 1, x0 + 1)));
    }
}

void occlude(const Shift& shift, int64_t item, Image image, const std::array<int64_t, 3>& shape) {
  const auto [channels, height, width] = shape;
  const auto side = [&](int64_t length) {
    return std::min<int64_t>(length, std::llround(std::sqrt(shift.strength) * static_cast<double>(length)));
  };
  Stream stream = stream_of(shift, item);
  const int64_t tall = side(height), wide = side(width);
  const auto top = static_cast<int64_t>(stream.below(static_cast<uint64_t>(height - tall + 1)));
  const auto left = static_cast<int64_t>(stream.below(static_cast<uint64_t>(width - wide + 1)));
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t y = top; y < top + tall; ++y) std::fill_n(image.begin() + (c * height + y) * width + left, wide, 0.0F);
}

void shift_image(const Shift& shift, int64_t item, Image image, const std::array<int64_t, 3>& shape) {
  const auto [channels, height, width] = shape;
  if (shift.kind == ShiftKind::occlusion) return occlude(shift, item, image, shape);
  for (int64_t c = 0; c < channels; ++c) {
    const Image plane = image.subspan(static_cast<size_t>(c * height * width), static_cast<size_t>(height * width));
    if (shift.kind == ShiftKind::rotation) {
      rotate(shift.strength, plane, height, width);
    } else {
      const std::vector<double> weights = gaussian(shift.strength);
      blur_lines(weights, plane, width, height, 1, width);
      blur_lines(weights, plane, height, width, width, 1);
    }
  }
}

// `scored` is empty where every byte is: then input and answer are one. Where answers are marked, they stay.
void flip_bytes(const Shift& shift, int64_t item, std::span<uint8_t> bytes, std::span<const uint8_t> scored) {
  Stream stream = stream_of(shift, item);
  for (size_t i = 0; i < bytes.size(); ++i)
    if ((scored.empty() || scored[i] == 0) && stream.uniform() < shift.strength)
      bytes[i] = static_cast<uint8_t>(bytes[i] + 1 + stream.below(255));
}

// Features from `question` on say what is asked, and stay.
void drop_features(const Shift& shift, int64_t item, std::span<int32_t> ids, int64_t question) {
  Stream stream = stream_of(shift, item);
  const int32_t first = ids[0];
  size_t kept = 0;
  for (const int32_t id : std::vector<int32_t>(ids.begin(), ids.end()))
    if (id >= question || (id >= 0 && stream.uniform() >= shift.strength)) ids[kept++] = id;
  if (kept == 0) ids[kept++] = first;
  std::fill(ids.begin() + static_cast<int64_t>(kept), ids.end(), -1);
}

void check_fit(const Shift& shift, const TaskShape& shape) {
  const bool pixels =
      shift.kind == ShiftKind::blur || shift.kind == ShiftKind::rotation || shift.kind == ShiftKind::occlusion;
  if (pixels && shape.image[0] == 0) throw InputError("this shift is for images, and the suite's items are none");
  if (shift.kind == ShiftKind::noise && shape.kind != InputKind::vector)
    throw InputError("shift noise is for numbers; take byte_flips for bytes, dropped_features for bags");
  if (shift.kind == ShiftKind::byte_flips && shape.kind != InputKind::tokens)
    throw InputError("shift byte_flips is for bytes");
  if (shift.kind == ShiftKind::dropped_features && shape.kind != InputKind::bags)
    throw InputError("shift dropped_features is for bags");
}

}  // namespace
}  // namespace shifts_detail

void apply(const Shift& shift, const TaskShape& shape, Items& items) {
  using namespace shifts_detail;
  check_fit(shift, shape);
  if (shift.kind == ShiftKind::byte_flips && items.bytes.empty())
    throw InputError("shift byte_flips is for bytes, and the suite's tokens are ids");
  if (shift.strength == 0) return;
  const auto width = static_cast<size_t>(items.input_dim);
  const size_t pixels = static_cast<size_t>(shape.image[0] * shape.image[1] * shape.image[2]);
  const size_t plain = width - static_cast<size_t>(shape.adapters + shape.asked);
  const std::span<const uint8_t> scored = items.scored;
  for (int64_t item = 0; item < items.count; ++item) {
    const size_t at = static_cast<size_t>(item) * width;
    if (shift.kind == ShiftKind::byte_flips) {
      flip_bytes(shift, item, std::span(items.bytes).subspan(at, width),
                 scored.empty() ? scored : scored.subspan(at, width));
    } else if (shift.kind == ShiftKind::dropped_features) {
      drop_features(shift, item, std::span(items.ids).subspan(at, width), shape.vocabulary - shape.asked);
    } else if (shift.kind == ShiftKind::noise) {
      add_noise(shift, item, Image(items.values).subspan(at, pixels > 0 ? pixels : plain));
    } else {
      shift_image(shift, item, Image(items.values).subspan(at, pixels), shape.image);
    }
  }
}

}  // namespace loom::sources
