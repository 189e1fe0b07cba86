#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tune: the same points for every arm, its choice in their trials and their controls', an optimum on the edge refused;
# killed while it searches, a run goes on to the same records, and the same command again trains nothing.
set -euo pipefail
source "${LOOM_SOURCE_DIR:?the source tree}/tests/cli/common.bash"
cat >"$work/tuned.yaml" <<'END'
suites: [digits4]
reference: {dense: {backbone: {mlp: {width: 16}}}, samples: 32768}
columns: [free, serving]
free: [0.5, 1, 1.5, 2]
seeds: 1
arms: [dense, {specialists: {combiner: router}}]
tune: {trials: 4, grid: {learning_rate: [1e-3, 8e-3], weight_decay: [0, 0.01]}}
latency: {seconds: 0}
END
readonly command=(run "$work/tuned.yaml")

LOOM_RESULTS=$work/undisturbed expect 0 "${command[@]}"
records "$work/undisturbed" >"$work/wanted"
python3 - "$work/undisturbed/tuned/plan.json" <<'END'
import json
import sys

plan = json.load(open(sys.argv[1]))
trials, rows = plan["trials"], plan["rows"]
arms = {(row["arm"], row["column"]): row for row in rows if row["role"] == "arm"}
points = [[point["point"] for point in row["tuning"]] for row in arms.values()]
assert len(points) == 4 and all(len(one) == 4 and one == points[0] for one in points), points
for row in rows:
    assert row["status"] == "ok", row
    owner = "dense" if row["arm"] in ("prior", "tagged", "tagged_by_router") else None
    owner = owner or (row["arm"] if row["role"] == "arm" else "specialists")
    best = max(arms[owner, row["column"]]["tuning"], key=lambda point: point["validation"])
    assert row["tuned"] == best["point"], (row["arm"], row["tuned"], best)
    for trial in row["trials"]:
        changed = {key: value for key, value in trials[trial]["train"].items()
                   if plan["experiment"]["suites"][0]["train"][key] != value}
        assert trials[trial]["train"] | row["tuned"] == trials[trial]["train"] and set(changed) <= set(row["tuned"])
    assert bool(row["tuning"]) == (row["role"] == "arm")
searches = [id for id, trial in trials.items() if trial.get("role") == "tuning"]
assert all(trials[id]["seed"] == 1000000 for id in searches)
assert not set(searches) & {id for row in rows for id in row["trials"]}
listed = {name: {one["trial"] for row in rows for one in row[name]} for name in ("tuning", "selection")}
assert set(searches) == listed["tuning"] | listed["selection"]
assert len(listed["tuning"] & listed["selection"]) == 2  # each arm's choice at the reference's width is one trial
END
ok 'both arms try the same 4 points; every row and control is trained by its choice, and no search trial is reported'

"$LOOM" "${command[@]}" >"$work/out" 2>"$work/err" &
pid=$!
searching() { compgen -G "$LOOM_RESULTS/.members/*/manifest.json" >/dev/null; }
wait_for 60 searching
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
none_survive 'after the kill'
[[ ! -e $LOOM_RESULTS/tuned/plan.json ]] || fail 'the search was over before the kill'
expect 0 "${command[@]}"
records "$LOOM_RESULTS" >"$work/found"
diff "$work/wanted" "$work/found" >&2 || fail 'records differ from those of an undisturbed run'
expect 0 "${command[@]}"
said err 'nothing to train'
ok 'killed while it searches, it goes on to the same records; again, it trains nothing'

expect 0 table tuned
said out 'search x'
expect 0 show tuned
said out 'tuning of digits4: expected best validation score of h of the 4 trials'
expect 0 plan "${command[@]:1}"
said out '1[0-9] trials choose settings and widths'

# A learning rate of 1e-9 learns nothing and 1e-6 next to nothing: the largest of the three is best.
edge=("${command[@]}" 'tune.grid.learning_rate=[1e-9, 1e-6, 2e-3]' 'tune.grid.weight_decay=[0]'
  tune.trials=3 'columns=[serving]')
expect 0 "${edge[@]}"
said out 'rejected  dense: the best setting, learning_rate=0.002, lies on the edge of the values tried; widen the grid'
expect 0 "${edge[@]}" tune.edge=flag
said out ' edge'
no_leftovers
ok 'the search has its column and its curve; an optimum on the edge is refused, or flagged where the config says so'
