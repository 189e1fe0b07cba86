// SPDX-License-Identifier: Apache-2.0
#include "harness/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "harness/terminal.h"
#include "harness/utf8.h"

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

std::vector<std::string> screen(const Progress& progress, double elapsed_s) {
  constexpr size_t kJobsMax = 16, kUsualWidth = 80;
  const size_t width = terminal_columns(STDERR_FILENO).value_or(kUsualWidth) - 1;  // a full line would wrap
  const auto cut = [&](const std::string& text) { return std::string(first_characters(text, width)); };
  std::vector<std::string> lines = {cut(line(progress, elapsed_s))};
  for (const RunningJob& job : progress.jobs)
    if (lines.size() <= kJobsMax) lines.push_back(cut("  " + clock_text(job.seconds) + "  " + printable(job.what)));
  return lines;
}

}  // namespace progress_detail

ProgressLine::ProgressLine(bool terminal) : terminal_(terminal), start_(Clock::now()), last_(start_) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::clear() {
  if (drawn_ > 1) std::fprintf(stderr, "\033[%dA", drawn_ - 1);
  if (drawn_ > 0) std::fputs("\r\033[J", stderr);
  drawn_ = 0;
}

void ProgressLine::show(const Progress& progress) {
  using namespace progress_detail;
  const auto now = Clock::now();
  const auto seconds = [](Clock::duration span) { return std::chrono::duration<double>(span).count(); };
  if (seconds(now - last_) < (terminal_ ? kTerminalEvery_s : kPlainEvery_s)) return;
  last_ = now;
  const double elapsed_s = seconds(now - start_);
  if (!terminal_) {
    std::fprintf(stderr, "%s\n", line(progress, elapsed_s).c_str());
    return;
  }
  const std::vector<std::string> lines = screen(progress, elapsed_s);
  clear();
  for (size_t i = 0; i < lines.size(); ++i) std::fprintf(stderr, "%s%s", i > 0 ? "\n" : "", lines[i].c_str());
  std::fflush(stderr);
  drawn_ = static_cast<int>(lines.size());
}

void ProgressLine::note(const std::string& text) {
  clear();
  std::fprintf(stderr, "%s\n", text.c_str());
}

}  // namespace loom
