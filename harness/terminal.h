// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/ioctl.h>

#include <cstddef>
#include <optional>

namespace loom {

// Columns of the terminal that a descriptor is; nothing where it is none or does not say.
inline std::optional<size_t> terminal_columns(int descriptor) {
  struct winsize window {};
  if (::ioctl(descriptor, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) return std::nullopt;
  return window.ws_col;
}

}  // namespace loom
