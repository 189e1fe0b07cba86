#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 at 20 moments of a run, in turn of everything at once and of the supervisor alone; the same command goes on each
# time and ends with the records of a run that nobody disturbed.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"
readonly command=(run "$here/tiny.yaml" latency.seconds=0)

LOOM_RESULTS=$work/undisturbed expect 0 "${command[@]}"
records "$work/undisturbed" >"$work/wanted"

# A run that ends before its kill was complete: compared, cleared away, and the next one starts from nothing.
complete() {
  records "$LOOM_RESULTS" >"$work/found"
  diff "$work/wanted" "$work/found" >&2 || fail 'records differ from those of an undisturbed run'
  no_leftovers
  rm -rf "$LOOM_RESULTS"
  completed=$((completed + 1))
}

# kill_after SECONDS WHAT: 1 when the run was over before.
kill_after() {
  local code=0 pid
  "$LOOM" "${command[@]}" >"$work/out" 2>"$work/err" &
  pid=$!
  sleep "$1"
  if [[ $2 == everything ]]; then
    kill -STOP "$pid" 2>/dev/null || true
    kill_jobs
  else
    kill -9 "$pid" 2>/dev/null || true
  fi
  wait "$pid" 2>/dev/null || code=$?
  ((code == 0 || code == 137)) || fail "the run exits $code"
  none_survive "after killing $2"
  ((code == 137))
}

killed=0 completed=0 begun=''
for ((i = 1; killed < 20; ++i)); do
  ((i <= 60)) || fail "only $killed of 60 runs could be killed"
  if ((i % 2 == 0)); then what=everything; else what='the supervisor'; fi
  if kill_after "$(awk -v i="$killed" 'BEGIN {print 0.05 + 0.11 * i}')" "$what"; then
    killed=$((killed + 1))
    begun=yes
  else
    complete
    begun=''
  fi
done
if [[ -n $begun ]]; then
  expect 0 "${command[@]}"
  complete
fi
ok "20 kills; the $completed runs that were completed in between have the $(wc -l <"$work/wanted") records of an" \
  'undisturbed one, no process lived on, nothing temporary is left'
