#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Progress on a terminal: a total, a line for each busy worker cut to the width, nothing left at the end; plain when piped.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

cat >"$work/run.yaml" <<'END'
suites: [digits4]
reference: {dense: {backbone: {mlp: {width: 128}}}, samples: 400000}
columns: [serving]
seeds: 2
arms: [dense, {specialists: {combiner: oracle, birth: {branch: 0.25}}}]
latency: {seconds: 0}
END
cd "$work"
python3 - "$LOOM" <<'END'
import fcntl
import os
import pty
import re
import struct
import sys
import termios

WIDTH = 50
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[1], [sys.argv[1], "run", "run.yaml", "-j", "2"])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, WIDTH, 0, 0))
said = b""
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    said += piece
_, status = os.waitpid(child, 0)
assert status == 0, said[-2000:]
text = said.decode()
drawn = re.findall(r"\[\d+/\d+\] [^\r\n\x1b]*(?:\r?\n  \d\d:\d\d  [^\r\n\x1b]*)*", text)
assert drawn, text[-2000:]
workers = [line for frame in drawn for line in re.split(r"\r?\n", frame)[1:]]
assert any(re.match(r"  \d\d:\d\d  train digits4, ", line) for line in workers), workers[:5]
assert max(len(frame.splitlines()) for frame in drawn) == 3, "two workers, a line each"
assert max(len(line) for frame in drawn for line in frame.splitlines()) < WIDTH
# What was drawn is taken away again: the last frame is followed by as many lines up, and a clear to the end.
after = text[text.rindex(drawn[-1]) + len(drawn[-1]):]
lines = len(drawn[-1].splitlines())
assert after.startswith((f"\x1b[{lines - 1}A" if lines > 1 else "") + "\r\x1b[J"), repr(after[:40])
print(f"ok: {len(drawn)} frames, {len(workers)} lines of workers, none wider than {WIDTH} columns")
END
rm -rf "$LOOM_RESULTS"
expect 0 run run.yaml -j 2
if grep -q $'\033' "$work/err"; then fail 'escape sequences in a pipe'; fi
ok 'no escape sequence in a pipe'
