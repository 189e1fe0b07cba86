# SPDX-License-Identifier: Apache-2.0
# What the command-line tests share. LOOM is the program, LOOM_SOURCE_DIR the tree; every test works in a folder of its
# own, which is removed, and ends only processes that it started.
set -euo pipefail

: "${LOOM:?path of the loom program}" "${LOOM_SOURCE_DIR:?the source tree}"
readonly here=$LOOM_SOURCE_DIR/tests/cli
work=$(mktemp -d)
readonly work
export LOOM_RESULTS=$work/results
trap 'status=$?; kill_jobs; rm -rf "$work"; exit $status' EXIT

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  for file in "$work/out" "$work/err"; do
    [[ ! -s $file ]] || { printf -- '--- %s\n' "${file##*/}" && tail -n 20 "$file"; } >&2
  done
  exit 1
}

ok() { printf 'ok: %s\n' "$*"; }

# expect CODE ARGUMENT...: runs loom; its words go to $work/out and $work/err.
expect() {
  local wanted=$1 code=0
  shift
  "$LOOM" "$@" >"$work/out" 2>"$work/err" || code=$?
  ((code == wanted)) || fail "loom $* exits $code instead of $wanted"
}

said() { grep -qE -- "$2" "$work/$1" || fail "no '$2' in std$1"; }
one_line() { (($(wc -l <"$work/err") == 1)) || fail 'not exactly one line of error'; }

# Everything a results folder says outside `measured`, one line per artefact; of members and trials alike.
records() { python3 "$here/records.py" "$1"; }

no_leftovers() {
  local found
  found=$(find "$LOOM_RESULTS" -name '.tmp-*' -o -name .running)
  [[ -z $found ]] || fail "left behind: $found"
}

# Process ids of the programs beside loom that have this test's results folder in their environment: loom, its workers,
# their jobs.
processes() {
  local file
  for file in $(grep -lzxF -- "LOOM_RESULTS=$LOOM_RESULTS" /proc/[0-9]*/environ 2>/dev/null || true); do
    [[ $(readlink "${file%/environ}/exe" 2>/dev/null) != "${LOOM%/*}"/* ]] || basename "${file%/environ}"
  done
}

# They vanish within two seconds, or the test fails.
none_survive() {
  local tries
  for ((tries = 0; tries < 20; ++tries)); do
    [[ -n $(processes) ]] || return 0
    sleep 0.1
  done
  fail "$1: processes $(processes | tr '\n' ' ')live on"
}

kill_jobs() {
  local pid
  for pid in $(processes); do kill -9 "$pid" 2>/dev/null || true; done
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
  local limit=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < limit)) || fail "not within the time: $*"
    sleep 0.02
  done
}
