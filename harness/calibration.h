// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace loom {

// What an instrument shows of a planted truth, and the bounds that it must keep.
struct CalibrationCheck {
  std::string name;
  double value = 0, low = 0, high = 0;
  bool ok = false;   // low <= value <= high
  std::string what;  // one sentence for a reader
};

// The statistics judged by simulation: false positives alone and over a table, coverage, power, relabelling. Equal
// arguments give equal values. The bounds .035 to .065 of a false positive rate leave out 3 % of seeds at 1,000 draws,
// where nothing is wrong, and hardly any at 4,000; 6 of 40 twins are flagged for 1.4 % of seeds.
std::vector<CalibrationCheck> calibrate_statistics(int draws, uint64_t seed);

}  // namespace loom
