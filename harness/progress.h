// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "harness/schedule.h"

namespace loom {

// Live progress on standard error: one line rewritten on a terminal, a plain line every 30 s elsewhere.
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
  bool drawn_ = false;
  Clock::time_point start_, last_;
};

}  // namespace loom
