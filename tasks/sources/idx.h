// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace loom::sources {

// One array of unsigned bytes in the layout of MNIST: 0, 0, type, number of dimensions, sizes (big-endian), data.
struct Idx {
  std::vector<int64_t> shape;
  std::string bytes;
};

struct IdxView {
  std::vector<int64_t> shape;
  std::string_view data;  // of the bytes that were viewed
};

// InputError: wrong magic or type, no or more than four dimensions, a length that differs from what the sizes say.
IdxView view_idx(const std::filesystem::path& file, std::string_view bytes);
Idx read_idx(const std::filesystem::path& file, std::string_view bytes);  // the same with a copy of the data

// Whether a file is meant as IDX: by its name (idx, ubyte), or because it begins with the zero byte of the magic.
bool looks_like_idx(const std::filesystem::path& file, std::string_view bytes);

}  // namespace loom::sources
