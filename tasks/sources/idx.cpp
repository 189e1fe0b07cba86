// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/idx.h"

#include <cstdio>

#include "tasks/sources/refuse.h"

namespace loom::sources {
namespace idx_detail {
namespace {

constexpr unsigned kUnsignedByte = 8;
constexpr int64_t kItemsMax = int64_t{1} << 40;  // keeps the product of sizes far from overflow

unsigned byte_at(std::string_view bytes, size_t at) { return static_cast<unsigned char>(bytes[at]); }

std::string hex_of(std::string_view bytes) {
  std::string result;
  for (size_t i = 0; i < bytes.size(); ++i) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte_at(bytes, i));
    result += digits;
  }
  return result;
}

}  // namespace
}  // namespace idx_detail

IdxView view_idx(const std::filesystem::path& file, std::string_view bytes) {
  using namespace idx_detail;
  if (bytes.empty()) refuse(file, 0, "is empty");
  if (bytes.substr(0, 2) == "\x1f\x8b") refuse(file, 0, "is compressed; unpack it first (gunzip)");
  if (bytes.size() < 4 || byte_at(bytes, 0) != 0 || byte_at(bytes, 1) != 0)
    refuse(file, 0, "is not an IDX file: it begins with " + hex_of(bytes.substr(0, 4)) + " instead of 0000");
  if (byte_at(bytes, 2) != kUnsignedByte)
    refuse(file, 0, "holds IDX type 0x" + hex_of(bytes.substr(2, 1)) + "; only unsigned bytes (0x08) are read");
  const size_t dimensions = byte_at(bytes, 3);
  if (dimensions < 1 || dimensions > 4)
    refuse(file, 0, "has " + std::to_string(dimensions) + " dimensions; an IDX file here has 1 to 4");
  const size_t header = 4 + 4 * dimensions;
  if (bytes.size() < header) refuse(file, 0, "is truncated inside its header");

  IdxView result;
  int64_t count = 1;
  for (size_t d = 0; d < dimensions; ++d) {
    int64_t size = 0;
    for (size_t i = 0; i < 4; ++i) size = size << 8 | byte_at(bytes, 4 + 4 * d + i);
    if (size == 0) refuse(file, 0, "is empty: dimension " + std::to_string(d + 1) + " is 0");
    if (size > kItemsMax / count) refuse(file, 0, "names sizes beyond any file");
    count *= size;
    result.shape.push_back(size);
  }
  const auto found = static_cast<int64_t>(bytes.size() - header);
  if (found != count)
    refuse(file, 0,
           std::string(found < count ? "is truncated" : "has bytes left over") + ": its header promises " +
               std::to_string(count) + " bytes, " + std::to_string(found) + " follow");
  result.data = bytes.substr(header);
  return result;
}

Idx read_idx(const std::filesystem::path& file, std::string_view bytes) {
  IdxView view = view_idx(file, bytes);
  return {std::move(view.shape), std::string(view.data)};
}

bool looks_like_idx(const std::filesystem::path& file, std::string_view bytes) {
  const std::string name = file.filename().string();
  return name.find("idx") != std::string::npos || name.find("ubyte") != std::string::npos || bytes.starts_with('\0');
}

}  // namespace loom::sources
