// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/image_views.h"

#include <functional>
#include <numeric>

#include "harness/error.h"
#include "harness/random.h"

namespace loom::sources {
namespace image_views_detail {
namespace {

std::vector<int64_t> rotated_from(std::span<const int64_t> shape) {
  check(shape.size() >= 2 && shape[0] == shape[1], "only square images are rotated");
  const int64_t side = shape[0];
  const int64_t channels = shape.size() > 2 ? shape[2] : 1;
  std::vector<int64_t> from;
  for (int64_t row = 0; row < side; ++row)
    for (int64_t column = 0; column < side; ++column)
      for (int64_t c = 0; c < channels; ++c) from.push_back((column * side + (side - 1 - row)) * channels + c);
  return from;
}

}  // namespace
}  // namespace image_views_detail

PixelMap pixel_map(std::span<const Transform> transforms, std::span<const int64_t> shape) {
  const int64_t pixels = std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
  PixelMap map;
  map.from.resize(static_cast<size_t>(pixels));
  std::iota(map.from.begin(), map.from.end(), int64_t{0});
  for (const auto& transform : transforms) {
    if (transform.kind == Transform::Kind::invert) {
      map.inverted = !map.inverted;
      continue;
    }
    const auto step = transform.kind == Transform::Kind::rotate90
                          ? image_views_detail::rotated_from(shape)
                          : permutation(pixels, Stream(transform.seed, "view permutation"));
    std::vector<int64_t> from;
    for (int64_t i : step) from.push_back(map.from[static_cast<size_t>(i)]);
    map.from = std::move(from);
  }
  return map;
}

std::vector<float> rearranged(const PixelMap& map, std::span<const float> image) {
  check(map.from.size() == image.size(), "a pixel map of another shape");
  std::vector<float> result;
  result.reserve(image.size());
  for (int64_t i : map.from) {
    const float value = image[static_cast<size_t>(i)];
    result.push_back(map.inverted ? 1 - value : value);
  }
  return result;
}

Items expand_views(const Items& images, std::span<const View> views, std::span<const int64_t> shape) {
  const auto width = static_cast<size_t>(images.input_dim);
  Items result;
  result.kind = images.kind;
  result.count = images.count * std::ssize(views);
  result.input_dim = images.input_dim;
  result.values.reserve(images.values.size() * views.size());
  for (size_t v = 0; v < views.size(); ++v) {
    const PixelMap map = pixel_map(views[v].transforms, shape);
    for (size_t i = 0; i < static_cast<size_t>(images.count); ++i) {
      const auto image = rearranged(map, std::span(images.values).subspan(i * width, width));
      result.values.insert(result.values.end(), image.begin(), image.end());
    }
    result.label.insert(result.label.end(), images.label.begin(), images.label.end());
    result.group.insert(result.group.end(), images.group.begin(), images.group.end());
    result.domain.insert(result.domain.end(), images.label.size(), static_cast<int32_t>(v));
  }
  return result;
}

}  // namespace loom::sources
