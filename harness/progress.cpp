// SPDX-License-Identifier: Apache-2.0
#include "harness/progress.h"

#include <cstdio>

namespace loom {
namespace progress_detail {

constexpr double kTerminalEvery_s = 0.2, kPlainEvery_s = 30;

std::string clock_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(seconds) / 60, static_cast<int>(seconds) % 60);
  return text;
}

std::string line(const Progress& progress, double elapsed_s) {
  const double share = progress.flops_total > 0 ? progress.flops_done / progress.flops_total
                                                : 1.0 * progress.done / std::max(progress.total, 1);
  char text[160];
  std::snprintf(text, sizeof text, "[%d/%d] %3.0f%%  %d running  %d failed  elapsed %s  ETA %s", progress.done,
                progress.total, 100 * share, progress.running, progress.failed, clock_text(elapsed_s).c_str(),
                share > 0.02 ? clock_text(elapsed_s * (1 - share) / share).c_str() : "--:--");
  return text;
}

}  // namespace progress_detail

ProgressLine::ProgressLine(bool terminal) : terminal_(terminal), start_(Clock::now()), last_(start_) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::clear() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

void ProgressLine::show(const Progress& progress) {
  using namespace progress_detail;
  const auto now = Clock::now();
  const auto seconds = [](Clock::duration span) { return std::chrono::duration<double>(span).count(); };
  if (seconds(now - last_) < (terminal_ ? kTerminalEvery_s : kPlainEvery_s)) return;
  last_ = now;
  const std::string text = line(progress, seconds(now - start_));
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
    std::fflush(stderr);
    drawn_ = true;
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
}

void ProgressLine::note(const std::string& text) {
  clear();
  std::fprintf(stderr, "%s\n", text.c_str());
}

}  // namespace loom
