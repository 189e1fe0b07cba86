// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/image_set.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "harness/error.h"
#include "harness/io.h"
#include "harness/random.h"
#include "tasks/sources/idx.h"
#include "tasks/sources/prepared.h"
#include "tasks/sources/refuse.h"

namespace loom::sources {
namespace image_set_detail {
namespace {

std::string times(const std::vector<int64_t>& shape) {
  std::string text;
  for (int64_t size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

}  // namespace
}  // namespace image_set_detail

ImageSet::ImageSet(std::filesystem::path images, const std::filesystem::path& labels, int64_t side, int32_t classes)
    : file_(std::move(images)), side_(side), bytes_(read_file(file_)) {
  const IdxView pixels = view_idx(file_, bytes_);
  if (pixels.shape.size() != 3 || pixels.shape[1] != side || pixels.shape[2] != side)
    refuse(file_, 0,
           "its shape is " + image_set_detail::times(pixels.shape) + "; images of " + std::to_string(side) + " x " +
               std::to_string(side) + " are needed");
  first_ = bytes_.size() - pixels.data.size();

  const std::string label_bytes = read_file(labels);
  const IdxView classes_of = view_idx(labels, label_bytes);
  if (classes_of.shape != std::vector{pixels.shape[0]})
    refuse(labels, 0,
           "its shape is " + image_set_detail::times(classes_of.shape) + "; " + std::to_string(pixels.shape[0]) +
               " labels are needed for " + file_.string());
  for (const char byte : classes_of.data) {
    const int32_t label = static_cast<unsigned char>(byte);
    if (label >= classes)
      refuse(labels, 0,
             "item " + std::to_string(label_.size()) + ": label " + std::to_string(label) + " is outside 0.." +
                 std::to_string(classes - 1));
    label_.push_back(label);
  }
}

Pixels ImageSet::image(int64_t i) const {
  const auto size = static_cast<size_t>(side_ * side_);
  return Pixels(reinterpret_cast<const uint8_t*>(bytes_.data()) + first_ + static_cast<size_t>(i) * size, size);
}

Halves read_halves(std::string_view data_set, std::string_view suite) {
  const auto folder = prepared(data_set, suite);
  const auto half = [&](const std::string& name) {
    return ImageSet(folder / (name + "-images-idx3-ubyte"), folder / (name + "-labels-idx1-ubyte"), 28, 10);
  };
  return {half("train"), half("t10k")};
}

std::vector<int64_t> all_of(const ImageSet& set) {
  std::vector<int64_t> places(static_cast<size_t>(set.count()));
  std::iota(places.begin(), places.end(), int64_t{0});
  return places;
}

std::vector<int64_t> chosen(const ImageSet& set, std::vector<int64_t> from, int64_t wanted, std::string_view purpose) {
  if (std::ssize(from) < wanted)
    refuse(set.file(), 0,
           "has " + std::to_string(from.size()) + " images for this part of the suite; " + std::to_string(wanted) +
               " are needed");
  std::vector<int64_t> result;
  for (int64_t place : permutation(std::ssize(from), Stream(0, purpose))) {
    if (std::ssize(result) == wanted) break;
    result.push_back(from[static_cast<size_t>(place)]);
  }
  return result;
}

std::vector<int64_t> families(const ImageSet& set, int64_t unit, int64_t compared) {
  std::vector<int64_t> first(static_cast<size_t>(set.count() / unit));
  std::iota(first.begin(), first.end(), int64_t{0});
  const auto root = [&](int64_t of) {
    while (first[static_cast<size_t>(of)] != of) of = first[static_cast<size_t>(of)];
    return of;
  };
  std::unordered_map<std::string_view, int64_t> seen;
  for (int64_t u = 0; u < std::ssize(first); ++u)
    for (int64_t i = u * unit; i < u * unit + compared; ++i) {
      const Pixels image = set.image(i);
      const std::string_view key(reinterpret_cast<const char*>(image.data()), image.size());
      const int64_t other = root(seen.emplace(key, u).first->second), own = root(u);
      first[static_cast<size_t>(std::max(own, other))] = std::min(own, other);
    }
  for (int64_t u = 0; u < std::ssize(first); ++u) first[static_cast<size_t>(u)] = root(u);
  return first;
}

ImageItems::ImageItems(int64_t pixels, int64_t ids, int64_t room) : pixels_(pixels), ids_(ids) {
  items_.input_dim = pixels + ids;
  items_.values.reserve(static_cast<size_t>(items_.input_dim * room));
  for (auto* column : {&items_.label, &items_.domain, &items_.group}) column->reserve(static_cast<size_t>(room));
}

void ImageItems::add(Pixels image, int32_t label, int64_t domain, int64_t group, float full) {
  check(std::ssize(image) == pixels_, "an image of another size");
  for (const uint8_t pixel : image) items_.values.push_back(static_cast<float>(pixel) / full);
  for (int64_t id = 0; id < ids_; ++id) items_.values.push_back(id == domain ? 1.0F : 0.0F);
  items_.label.push_back(label);
  items_.domain.push_back(static_cast<int32_t>(domain));
  items_.group.push_back(static_cast<int32_t>(group));
  ++items_.count;
}

Field size_field() {
  return {.name = "size",
          .type = FieldType::choice,
          .fallback = "tiny",
          .choices = {"tiny", "full"},
          .doc = "tiny: a fixed subset, 3720 train-side and up to 1000 test images of each domain; full: all there is"};
}

bool is_tiny(const Json& options) { return options.at("size") == "tiny"; }

}  // namespace loom::sources
