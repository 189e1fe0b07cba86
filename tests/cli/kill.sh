#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 at 20 moments of a run, in turn of everything at once and of the supervisor alone; the same command goes on
# each time and ends with the records of a run that nobody disturbed.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"
readonly command=(run "$here/tiny.yaml" latency.seconds=0)

LOOM_RESULTS=$work/undisturbed expect 0 "${command[@]}"
records "$work/undisturbed" >"$work/wanted"
total=$(wc -l <"$work/wanted")
readonly total

stored() { find "$LOOM_RESULTS" -path '*/.tmp-*' -prune -o -name manifest.json -print 2>/dev/null | wc -l; }
over_or_stored() { ! kill -0 "$1" 2>/dev/null || (($(stored) >= $2)); }

# The first two kills meet the start and the plan; the i-th comes when i - 2 of 20 parts of all artefacts are there, and
# a little later each time, so that it falls anywhere within a job.
until_moment() {
  if (($2 <= 2)); then sleep "0.$((3 * $2 - 2))"; else wait_for 60 over_or_stored "$1" $((($2 - 2) * total / 20)); fi
  sleep "0.0$(($2 * 7 % 10))"
}

# run_and_kill I: false when the run was over before.
run_and_kill() {
  local code=0 pid
  "$LOOM" "${command[@]}" >"$work/out" 2>"$work/err" &
  pid=$!
  until_moment "$pid" "$1"
  if (($1 % 2 == 0)); then
    kill -STOP "$pid" 2>/dev/null || true
    kill_jobs
  else
    kill -9 "$pid" 2>/dev/null || true
  fi
  wait "$pid" 2>/dev/null || code=$?
  ((code == 0 || code == 137)) || fail "the run exits $code"
  none_survive "after kill $1"
  ((code == 137))
}

moments=()
for i in {1..20}; do
  run_and_kill "$i" || fail "the run was over before kill $i"
  moments+=("$(stored)")
done
expect 0 "${command[@]}"
records "$LOOM_RESULTS" >"$work/found"
diff "$work/wanted" "$work/found" >&2 || fail 'records differ from those of an undisturbed run'
no_leftovers
ok "20 kills with ${moments[*]} of $total artefacts stored; run again, all are those of an undisturbed run, no" \
  'process lived on and nothing temporary is left'
