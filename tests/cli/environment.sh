#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A machine that is not fit exits 3, before training where that can be known, and the same command completes once it is;
# output that no terminal reads holds no escape bytes; the JSON table has its keys in every row.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"
readonly command=(run "$here/tiny.yaml" latency.seconds=0)

unfit() { # unfit ROOT NAMED WHY
  LOOM_RESULTS=$1 expect 3 "${command[@]}"
  one_line
  said err "^error: .*$2"
  [[ ! -s $work/out ]] || fail "a table though $3"
  ok "$3: exit code 3"
}
touch "$work/file"
unfit "$work/file" "$work/file" 'a file stands where results go'
unfit "$work/file/below" "$work/file" 'a file stands in the path of results'
unfit /proc/results /proc/results 'results go where not even root may write'
if ((EUID != 0)); then
  mkdir -m 555 "$work/readonly"
  unfit "$work/readonly" "$work/readonly" 'the results folder is read-only'
fi
mkdir "$work/alone"
cp "$LOOM" "${LOOM%/*}"/*.json "$work/alone"
LOOM=$work/alone/loom expect 3 "${command[@]}"
said err 'loom-worker is missing'
printf '#!/bin/sh\nexit 127\n' >"$work/alone/loom-worker"
chmod +x "$work/alone/loom-worker"
LOOM=$work/alone/loom expect 3 "${command[@]}"
said err 'does not start; loom doctor'
ok 'a worker that is missing or cannot start: exit code 3'
mkdir "$work/other"
cp "$LOOM" "${LOOM%/*}"/loom-worker "${LOOM%/*}"/*.json "$work/other"
sed -i 's/"build": "[^"]*"/"build": "other"/' "$work/other/digests.json"
LOOM=$work/other/loom expect 3 "${command[@]}"
one_line
said err 'other/loom was built from other sources than .*scripts/build'
printf '#!/bin/sh\nexec %s "$@"\n' "$work/other/loom-worker" >"$work/alone/loom-worker"
LOOM=$work/alone/loom expect 3 "${command[@]}"
one_line
said err 'other/loom-worker was built from other sources than .*scripts/build'
ok 'a program that is older than the code digests beside it: exit code 3'

readonly disk=$LOOM_RESULTS
rm -rf "$disk"
mkdir "$disk"
if mount -t tmpfs -o size=1M loom-test "$disk" 2>"$work/why"; then
  trap 'status=$?; kill_jobs; umount "$disk" 2>/dev/null || true; rm -rf "$work"; exit $status' EXIT
  expect 3 "${command[@]}"
  said err 'No space left on device'
  none_survive 'after a full disk'
  mount -o remount,size=64M "$disk"
  expect 0 "${command[@]}"
  no_leftovers
  expect 0 verify "$(basename "$disk"/tiny*)"
  mkdir "$work/kept"
  cp -r "$disk"/tiny* "$disk/.members" "$work/kept"
  umount "$disk"
  cp -r "$work/kept/." "$disk"
  ok 'a full disk: exit code 3; with room again the same command completes and verify finds nothing'
else
  printf 'skipped: a full disk, for want of a small one: %s\n' "$(cat "$work/why")"
fi

expect 0 "${command[@]}"
plain() { ! grep -q $'\x1b' "$work/out" "$work/err" || fail "escape bytes from loom $*"; }
plain run
name=$(basename "$LOOM_RESULTS"/tiny*)
for arguments in "table $name" "ls results" "show dense" "plan $here/tiny.yaml" "--help"; do
  read -ra words <<<"$arguments"
  expect 0 "${words[@]}"
  plain "$arguments"
done
on_terminal() { # what loom writes to a terminal
  local spawn='import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'
  python3 -c "$spawn" "$@" </dev/null >"$work/out"
}
NO_COLOR=1 on_terminal "$LOOM" table "$name"
! grep -q $'\x1b' "$work/out" || fail 'NO_COLOR is ignored'
(unset NO_COLOR && TERM=xterm on_terminal "$LOOM" table "$name")
grep -q $'\x1b' "$work/out" || fail 'no colour on a terminal'
(export NO_COLOR='' TERM=xterm && on_terminal "$LOOM" table "$name")
grep -q $'\x1b' "$work/out" || fail 'an empty NO_COLOR counts as set'
ok 'escape bytes on a terminal without NO_COLOR, and nowhere else'

# wide COLUMNS ARGUMENT...: standard output alone on a terminal of so many columns.
wide() {
  python3 - "$@" >"$work/out" <<'END'
import fcntl, os, pty, struct, subprocess, sys, termios
ours, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
with subprocess.Popen([os.environ["LOOM"], *sys.argv[2:]], stdout=theirs, stderr=subprocess.DEVNULL) as loom:
    os.close(theirs)
    try:
        while part := os.read(ours, 65536):
            sys.stdout.buffer.write(part)
    except OSError:  # a terminal whose last writer has gone
        pass
sys.exit(loom.returncode)
END
}
export LOOM
for no_colour in '' 1; do
  for columns in 100 200; do
    NO_COLOR=$no_colour wide "$columns" "${command[@]}"
    cp "$work/out" "$work/run$columns"
    NO_COLOR=$no_colour wide "$columns" table "$name"
    cmp "$work/out" "$work/run$columns" || fail "loom run and loom table differ at $columns columns, NO_COLOR='$no_colour'"
  done
  ! cmp -s "$work/run100" "$work/run200" || fail 'the width of the terminal changes nothing'
done
ok 'the table of loom run has the width and colours of loom table'

expect 0 table "$name" --format json
python3 - "$work/out" <<'END'
import json
import sys

KEYS = """suite arm architecture family column information_level role seeds seeds_failed metric higher_is_better score
score_ci_low score_ci_high worst_domain_score nll ece params_total params_active train_flops infer_flops
ratio_train_flops ratio_infer_flops ratio_params ratio_samples train_cpu_s peak_memory_bytes latency_p50_s latency_p99_s
flags status""".split()
rows = json.load(open(sys.argv[1]))
assert len(rows) >= 10, len(rows)
for row in rows:
    assert sorted(row) == sorted(KEYS), set(row) ^ set(KEYS)
assert {row["role"] for row in rows} == {"arm", "null", "reference"}
assert {row["status"] for row in rows} == {"ok"}
print(f"ok: {len(rows)} rows of the JSON table have exactly the {len(KEYS)} keys")
END
