// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/suite.h"

namespace loom::sources {

using Pixels = std::span<const uint8_t>;

// Square grey images with a class each, from a pair of IDX files; the pixels stay the bytes of the file.
class ImageSet {
 public:
  // InputError: no IDX, images that are not side x side, another number of labels, a label outside 0..classes-1.
  ImageSet(std::filesystem::path images, const std::filesystem::path& labels, int64_t side, int32_t classes);

  int64_t count() const { return static_cast<int64_t>(label_.size()); }
  int64_t side() const { return side_; }
  int32_t label(int64_t i) const { return label_[static_cast<size_t>(i)]; }
  Pixels image(int64_t i) const;
  const std::filesystem::path& file() const { return file_; }  // of the images, for refusals

 private:
  std::filesystem::path file_;
  int64_t side_ = 0;
  std::string bytes_;
  size_t first_ = 0;  // where the pixels begin
  std::vector<int32_t> label_;
};

// The two official halves of a prepared data set in the layout of MNIST: 28 x 28, ten classes.
struct Halves {
  ImageSet train, test;
};
Halves read_halves(std::string_view data_set, std::string_view suite);

// The first `wanted` of `from` in a shuffle that the purpose fixes. InputError, naming the file, where there are fewer.
std::vector<int64_t> chosen(const ImageSet& set, std::vector<int64_t> from, int64_t wanted, std::string_view purpose);
std::vector<int64_t> all_of(const ImageSet& set);  // 0 .. count - 1

// Units of `unit` images in a row, by number. For each the first unit of its family: units are of one family where one
// of their first `compared` images is the same to the pixel, directly or by way of other units.
std::vector<int64_t> families(const ImageSet& set, int64_t unit, int64_t compared);

// Items of a suite, gathered one image at a time: pixels / full, then `ids` one-hot inputs that tell the domain (0:
// none).
class ImageItems {
 public:
  ImageItems(int64_t pixels, int64_t ids, int64_t room);  // room: how many items there will be
  void add(Pixels image, int32_t label, int64_t domain, int64_t group, float full = 255);
  Items take() { return std::move(items_); }

 private:
  int64_t pixels_, ids_;
  Items items_;
};

// What tiny takes of each domain; full takes all there is.
inline constexpr int64_t kTinyTrainSide = 3720, kTinyTest = 1000;
Field size_field();
bool is_tiny(const Json& options);

}  // namespace loom::sources
