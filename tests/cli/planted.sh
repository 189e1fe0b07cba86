#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Planted suites run where there is no loom-worker; the same command again does nothing and changes no byte; a run that
# was interrupted or lost trials continues to the same records.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"

bytes() { (cd "$LOOM_RESULTS" && find . -type f -exec sha256sum {} + | sort -k 2); }

mkdir "$work/alone"
cp "$LOOM" "${LOOM%/*}/facts.json" "${LOOM%/*}/digests.json" "$work/alone"
LOOM=$work/alone/loom

expect 0 run "$here/planted.yaml"
said err 'crossover at similarity'
said err 'by closed form'
mv "$work/out" "$work/table"
bytes >"$work/before"
expect 0 run "$here/planted.yaml"
said err 'nothing to train'
cmp "$work/out" "$work/table" || fail 'the second run prints another table'
bytes >"$work/after"
cmp "$work/before" "$work/after" || fail 'the second run changed files'
expect 0 verify planted
said out 'R0 holds'
expect 0 compare planted pooled routed --json
python3 -c 'import json, sys
cells = json.load(open(sys.argv[1]))["cells"]
sys.exit(not cells or any(cell["pairs"] < 2 or cell["measures"]["score"] is None for cell in cells))' "$work/out" ||
  fail 'compare does not pair arms by replicate'
ok "$(grep -c '/record.json$' "$work/before") trials without a worker; the second run left every file as it was"

records "$LOOM_RESULTS" >"$work/here"
trial=$(find "$LOOM_RESULTS/planted/trials" -mindepth 1 -maxdepth 1 -type d | sort | head -n 1)
rm -r "$trial" "$LOOM_RESULTS/planted/plan.json"
expect 0 run "$here/planted.yaml" -j 1
records "$LOOM_RESULTS" >"$work/there"
diff "$work/here" "$work/there" >&2 || fail 'records differ outside measured'
ok 'a lost trial and a lost plan are made again, to the same records'

"$LOOM" run "$here/planted.yaml" suites.0.replicates=20000 >"$work/out" 2>"$work/err" &
pid=$!
wait_for 20 sh -c "ls '$LOOM_RESULTS'/planted+*/.running >/dev/null 2>&1"
kill -INT "$pid"
code=0
wait "$pid" || code=$?
((code == 130)) || fail "an interrupted run exits $code"
no_leftovers
ok 'an interrupt ends it with 130 and leaves nothing half done'
