// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loom::sources {

// Labelled series of equal length, as a .ts file holds them (the archive of Bagnall et al. 2018).
struct TimeSeries {
  int64_t channels = 0, length = 0;
  std::vector<std::string> classes;  // in the header's order
  std::vector<float> values;         // [series, channels, length]
  std::vector<int32_t> label;        // places in `classes`
  std::vector<int64_t> line;
};

// '@' lines, of which @classLabel true NAME ... and @data are needed, then a line each: values separated by ',',
// channels by ':', the class last; '#' begins a comment. InputError: time stamps, missing values, a class that the
// header lacks, channels or series of another length than the first, no series.
TimeSeries read_ts(const std::filesystem::path& file, std::string_view text);

// `points` values at even distances from the first to the last, straight lines between neighbours.
std::vector<float> resampled(std::span<const float> values, int64_t points);

}  // namespace loom::sources
