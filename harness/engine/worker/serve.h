// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace loom {

// The fork server: reads one job per line (JSON) from standard input, answers one line each on standard output, and
// ends with its input. LibTorch and the suites are loaded once here; every job runs in a forked child, so that a crash,
// a hang or a memory limit costs one job. Answer: {"job", "ok", "result" | "error", "code", "signal", "cpu_s",
// "wall_s", "max_rss_bytes"}.
int serve();

}  // namespace loom
