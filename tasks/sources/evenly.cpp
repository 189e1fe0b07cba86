// SPDX-License-Identifier: Apache-2.0
#include "tasks/sources/evenly.h"

#include <algorithm>

namespace loom::sources {

std::vector<int64_t> evenly(int64_t wanted, int64_t available) {
  const int64_t count = std::clamp<int64_t>(wanted, 0, available);
  std::vector<int64_t> places;
  for (int64_t k = 0; k < count; ++k) places.push_back((2 * k + 1) * available / (2 * count));
  return places;
}

}  // namespace loom::sources
