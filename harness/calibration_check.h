// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace loom {

// What an instrument shows of a planted truth, and the bounds that it must keep.
struct CalibrationCheck {
  std::string name;
  double value = 0, low = 0, high = 0;
  bool ok = false;   // low <= value <= high
  std::string what;  // one sentence for a reader
};

}  // namespace loom
