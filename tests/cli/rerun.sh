#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same command again trains nothing and changes no byte; the same config elsewhere gives the same records.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

bytes() { (cd "$LOOM_RESULTS" && find . -type f -exec sha256sum {} + | sort -k 2); }

expect 0 run "$here/tiny.yaml"
said err 'members trained'
mv "$work/out" "$work/table"
bytes >"$work/before"
trials=$(grep -c '/record.json$' "$work/before")
((trials >= 20)) || fail "only $trials records"

start=$EPOCHREALTIME
expect 0 run "$here/tiny.yaml"
seconds=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN {print b - a}')
said err 'nothing to train'
awk -v s="$seconds" 'BEGIN {exit !(s < 3)}' || fail "the second run took $seconds s"
cmp "$work/out" "$work/table" || fail 'the second run prints another table'
bytes >"$work/after"
cmp "$work/before" "$work/after" || fail 'the second run changed files'
ok "the second run took $seconds s, trained nothing and left all $(wc -l <"$work/after") files as they were"

records "$LOOM_RESULTS" >"$work/here"
LOOM_RESULTS=$work/elsewhere expect 0 run "$here/tiny.yaml" -j 1
records "$work/elsewhere" >"$work/there"
diff "$work/here" "$work/there" >&2 || fail 'records differ outside measured'
ok "one worker in another folder gives $(wc -l <"$work/here") equal trials and members"

expect 0 verify tiny
said out 'R0 holds'
outcomes=$(find "$LOOM_RESULTS/tiny/trials" -name outcomes-test.safetensors | sort | head -n 1)
python3 - "$outcomes" <<'END'
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(-1, 2)
    last = file.read(1)[0]
    file.seek(-1, 2)
    file.write(bytes([last ^ 1]))
END
expect 5 verify tiny
said out "$(basename "$(dirname "$outcomes")")/outcomes-test.safetensors"
said out 'SHA-256'
ok 'verify exits 0, and 5 with the name of the file after one bit of it flipped'
