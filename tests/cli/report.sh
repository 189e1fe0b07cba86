#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `loom report`: where it writes, what it refuses, and whether a real browser is content with the page.
set -euo pipefail

loom=${LOOM:?names the loom program} source=${LOOM_SOURCE_DIR:?names the source tree}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

"$source/scripts/report_libraries" --check || fail "a stored library is not what its README says"

cp -r "$source/results/reference/stream" "$work/stream"
export LOOM_RESULTS=$work
[[ $("$loom" report stream) == "$work/stream/report.html" ]] || fail "the page is not where it belongs"
"$loom" report stream -o "$work/again.html" >/dev/null
cmp "$work/stream/report.html" "$work/again.html" || fail "two reports of the same results differ"
code=0
"$loom" report streem 2>"$work/err" || code=$?
[[ $code == 2 ]] || fail "an unknown name gives exit $code"
grep -q "did you mean 'stream'" "$work/err" || fail "the nearest name is not told"

"$loom" report stream -o "$work/live.html" --watch >/dev/null 2>"$work/err" &
watcher=$!
trap 'kill "$watcher" 2>/dev/null || true; rm -rf "$work"' EXIT
waited() { for _ in {1..100}; do "$@" && return; sleep 0.1; done; return 1; }
waited grep -qs 'http-equiv="refresh" content="3"' "$work/live.html" || fail "a watched page does not load itself again"
! grep -q 'http-equiv="refresh"' "$work/again.html" || fail "a page that nobody watches loads itself again"
touch -d '2001-01-01' "$work/live.html"
mkdir "$work/stream/trials/.new" && rmdir "$work/stream/trials/.new"  # something came, as far as anyone can see
newer() { [[ $(stat -c %Y "$work/live.html") -gt 1000000000 ]]; }
waited newer || fail "a watched page is not written again"
kill "$watcher"
wait "$watcher" 2>/dev/null || true

"$loom" run "$source/tests/cli/phase.yaml" >/dev/null 2>"$work/err" || fail "no phase map: $(cat "$work/err")"
reference=("$source"/results/reference/*/plan.json)
python3 "$source/tests/report/check.py" "$loom" "${reference[@]%/plan.json}" "$work/phase"
