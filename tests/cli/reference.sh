#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Results go to where they are committed, and their lock, run elsewhere, brings every row back to the bit.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"
export LOOM

copy() { "$LOOM_SOURCE_DIR/scripts/reference" "$@" >"$work/out" 2>"$work/err"; }

expect 0 run "$here/tiny.yaml"
reference=$LOOM_RESULTS/reference/tiny
copy tiny || fail 'scripts/reference fails'
cp -r "$reference" "$work/first"
copy tiny || fail 'scripts/reference fails where a reference stands'
diff -r "$work/first" "$reference" >&2 || fail 'the same results give another reference'
found=$(find "$reference" -name '*.safetensors' -o -name 'model.json' -o -name '.tmp-*')
[[ -z $found ]] || fail "copied too: $found"
no_leftovers
expect 0 table tiny --format md
cmp "$work/out" "$reference/tables/table.md" || fail 'the reference has another table'
[[ ! -e $reference/tables/stream.md ]] || fail 'a stream table without a stream'
expect 0 table reference/tiny --format md
cmp "$work/out" "$reference/tables/table.md" || fail 'the reference gives another table than it holds'
ok "$(find "$reference" -type f | wc -l) files without models, the same twice, with the same table"

LOOM_RESULTS=$work/elsewhere expect 0 run "$reference/lock.yaml"
LOOM_RESULTS=$work/elsewhere expect 0 verify tiny --against "$reference"
said out 'R0 holds for the whole'
ok "its lock brings back every bit: $(tail -n 1 "$work/out")"

copy nothing && fail 'results that are not there were copied'
said err 'holds no plan.json'
record=$(find "$LOOM_RESULTS/tiny/trials" -name record.json | sort | head -n 1)
rm -r "${record%/*}"
copy tiny && fail 'unfinished results were copied'
said err 'not finished'
diff -r "$work/first" "$reference" >&2 || fail 'a refusal changed the reference'
ok 'what is missing or unfinished is refused, and leaves the reference alone'
