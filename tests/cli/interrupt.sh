#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Ctrl-C exits 130, says how to go on and leaves the folder free; two runs never share a folder; what a dead process
# claimed is taken over.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"
readonly command=(run "$here/tiny.yaml" latency.seconds=0)

# One run in the background, when it has its claim and at least one artefact is there.
start() {
  "$LOOM" "${command[@]}" >"$work/out" 2>"$work/err" &
  pid=$!
  wait_for 60 compgen -G "$LOOM_RESULTS/.members/*/manifest.json" >/dev/null
  results=$(compgen -G "$LOOM_RESULTS/tiny*")
  wait_for 60 test -s "$results/.running"
}
finish() { # finish CODE
  local code=0
  wait "$pid" || code=$?
  ((code == $1)) || fail "the run exits $code instead of $1"
}

for signal in INT TERM; do
  start
  kill -s "$signal" "$pid"
  finish 130
  said err "^interrupted: .*continue with: loom run $here/tiny.yaml latency.seconds=0\$"
  one_line
  none_survive "after $signal"
  [[ ! -e $results/.running ]] || fail 'the claim outlives its run'
done
ok 'SIGINT and SIGTERM exit 130 and print the command that goes on; the claim and all processes are gone'

start
"$LOOM" "${command[@]}" >"$work/out2" 2>"$work/err2" && fail 'two runs in one folder' || code=$?
((code == 2)) || fail "the second run exits $code instead of 2"
grep -q "in use by process $(hostname) $pid;" "$work/err2" || fail "the second run says: $(cat "$work/err2")"
finish 0
ok "a second run beside it exits 2 and names process $pid; the first ends well"

true &
dead=$!
wait "$dead"
printf '%s %s\n' "$(hostname)" "$dead" >"$results/.running"
expect 0 "${command[@]}"
said err 'nothing to train'
printf 'elsewhere.example %s\n' "$dead" >"$results/.running"
expect 2 "${command[@]}"
said err 'in use by process elsewhere.example'
rm "$results/.running"
no_leftovers
ok 'a claim of a dead process is taken over; that of another host is left to a person'
