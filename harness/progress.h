// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "harness/schedule.h"

namespace loom {

// Live progress on standard error. On a terminal the total and below it a line for each busy worker, rewritten in place
// and cut to its width; elsewhere a plain line every 30 s.
class ProgressLine {
 public:
  explicit ProgressLine(bool terminal);
  ~ProgressLine();
  void show(const Progress& progress);
  void note(const std::string& text);  // a lasting line

 private:
  using Clock = std::chrono::steady_clock;
  void clear();
  bool terminal_;
  int drawn_ = 0;  // lines on the screen
  Clock::time_point start_, last_;
};

}  // namespace loom
